package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the flag or the setting that somebody meant. picocli's own guess takes {@code --max-body-byts} for {@code --management-port}. */
final class Spelling {
    /** More mistakes than this, and the guess is no help. */
    private static final int MAX_MISTAKES = 3;

    private static final int MAX_MISTAKES_IN_VARIABLE = 2;
    private static final int MIN_LENGTH = 7;

    private Spelling() {}

    /** The flag of {@code serve} that is spelled most like {@code argument}, if any is spelled like it at all. */
    static Optional<String> similarFlag(String argument) {
        String name = argument.replaceFirst("=.*", "");
        return Stream.concat(Stream.of("--dev"), Stream.of(Setting.values()).map(Setting::flag))
                .filter(flag -> name.startsWith("--") && mistakes(name, flag) <= MAX_MISTAKES)
                .min(Comparator.comparingInt(flag -> mistakes(name, flag)));
    }

    /**
     * The setting that somebody probably meant by the variable {@code name}. In an environment most names are others', so
     * this takes two mistakes at most, and none in a name as short as PORT.
     */
    static Optional<Setting> similarSetting(String name) {
        return Stream.of(Setting.values())
                .filter(setting -> setting.name().length() >= MIN_LENGTH
                        && Math.abs(setting.name().length() - name.length()) <= MAX_MISTAKES_IN_VARIABLE
                        && mistakes(name, setting.name()) <= MAX_MISTAKES_IN_VARIABLE)
                .min(Comparator.comparingInt(setting -> mistakes(name, setting.name())));
    }

    /** The letters to insert, delete or replace that make one of the other (Levenshtein). */
    private static int mistakes(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replace = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
