package dev.broadcaster.cli;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The help text of a command, with everything in one piece that a reader copies: addresses, names and lists in the
 * descriptions of options are not broken at their punctuation; a no-break space, as in
 * <code>'serve&nbsp;--dev'</code>, is printed as a space; and examples are not wrapped, because a line that the
 * terminal wraps is copied as one. For one thread, and one text.
 */
final class HelpText extends Help {
    private static final char NO_BREAK_SPACE = '\u00a0';
    /** Added to a punctuation character it makes a letter, at which picocli does not break a line. */
    private static final int LETTERS = 0x1e00;
    /** The longest word that fits into a column of the narrowest help text. */
    private static final int MOST = 20;

    /** The words that are replaced by their beginnings until the lines are made. */
    private final Set<String> longWords = new LinkedHashSet<>();

    private HelpText(CommandSpec spec, ColorScheme colors) {
        super(spec, colors);
    }

    /** Installs it for a command and all below it. */
    static void install(CommandLine command) {
        command.setHelpFactory(HelpText::new);
        Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
        sections.replaceAll((name, section) -> help -> ((HelpText) help).restored(section.render(help)));
        sections.put(UsageMessageSpec.SECTION_KEY_FOOTER, HelpText::footer);
        command.setHelpSectionMap(sections);
        command.getSubcommands().values().forEach(HelpText::install);
    }

    private static String footer(Help help) {
        return Stream.of(help.commandSpec().usageMessage().footer())
                .map(line -> line + System.lineSeparator())
                .collect(Collectors.joining());
    }

    @Override
    public IOptionRenderer createDefaultOptionRenderer() {
        IOptionRenderer renderer = super.createDefaultOptionRenderer();
        return (option, label, colors) -> renderer.render(
                option.toBuilder()
                        .names(option.names()) // a copy does not replace the variables in them
                        .description(unbroken(option.description()))
                        .build(),
                label,
                colors);
    }

    @Override
    public IParameterRenderer createDefaultParameterRenderer() {
        IParameterRenderer renderer = super.createDefaultParameterRenderer();
        return (parameter, label, colors) -> renderer.render(
                parameter.toBuilder()
                        .description(unbroken(parameter.description()))
                        .build(),
                label,
                colors);
    }

    private String[] unbroken(String[] description) {
        return Arrays.stream(description)
                .map(line ->
                        Arrays.stream(line.split(" ", -1)).map(this::letters).collect(Collectors.joining(" ")))
                .toArray(String[]::new);
    }

    private String letters(String word) {
        if (word.length() > MOST) {
            longWords.add(word);
        }
        StringBuilder letters = new StringBuilder(MOST);
        word.chars().limit(MOST).forEach(c -> letters.append((char) (isPunctuation(c) ? LETTERS + c : c)));
        return letters.toString();
    }

    private static boolean isPunctuation(int c) {
        return c > ' ' && c < 0x7f && !Character.isLetterOrDigit(c);
    }

    private String restored(String text) {
        String whole = text;
        for (String word : Set.copyOf(longWords)) {
            whole = whole.replace(letters(word), word);
        }
        StringBuilder plain = new StringBuilder(whole.length());
        whole.chars()
                .map(c -> isPunctuation(c - LETTERS) ? c - LETTERS : c == NO_BREAK_SPACE ? ' ' : c)
                .forEach(c -> plain.append((char) c));
        return plain.toString();
    }
}
