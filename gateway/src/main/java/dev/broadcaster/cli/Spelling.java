package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the flag or setting that a user probably meant. picocli's own suggestion takes {@code --max-body-byts} for
 * {@code --management-port}.
 */
final class Spelling {
    /** With more mistakes than this, a suggestion does not help. */
    private static final int MAX_MISTAKES = 3;

    private static final int MAX_MISTAKES_IN_VARIABLE = 2;
    private static final int MIN_LENGTH = 7;

    private Spelling() {}

    /** The flag of {@code serve} with the spelling nearest to {@code argument}, if one is near enough. */
    static Optional<String> similarFlag(String argument) {
        String name = argument.replaceFirst("=.*", "");
        return Stream.concat(Stream.of("--dev"), Stream.of(Setting.values()).map(Setting::flag))
                .filter(flag -> name.startsWith("--") && mistakes(name, flag) <= MAX_MISTAKES)
                .min(Comparator.comparingInt(flag -> mistakes(name, flag)));
    }

    /**
     * The setting that the environment variable {@code name} probably means. Most names in an environment belong to
     * other programs, so this accepts two mistakes at most, and none in a name as short as PORT.
     */
    static Optional<Setting> similarSetting(String name) {
        return Stream.of(Setting.values())
                .filter(setting -> setting.name().length() >= MIN_LENGTH
                        && Math.abs(setting.name().length() - name.length()) <= MAX_MISTAKES_IN_VARIABLE
                        && mistakes(name, setting.name()) <= MAX_MISTAKES_IN_VARIABLE)
                .min(Comparator.comparingInt(setting -> mistakes(name, setting.name())));
    }

    /** The number of letters to insert, delete or replace to turn one text into the other (Levenshtein). */
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
