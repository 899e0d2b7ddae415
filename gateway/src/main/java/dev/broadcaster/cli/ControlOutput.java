package dev.broadcaster.cli;

import dev.broadcaster.client.ControlClient;

/** What the commands for the control API print. */
final class ControlOutput {
    private ControlOutput() {}

    /** Prints the effect of a call, and returns the exit code. */
    static int print(Terminal terminal, String what, ControlClient.Effect effect) {
        terminal.out().println(counted(effect.count(), what) + " on " + counted(effect.nodes(), "node") + " ended");
        return exitCode(terminal, effect.complete());
    }

    /** The exit code of a call that nodes have answered: all of them if it is complete. */
    static int exitCode(Terminal terminal, boolean complete) {
        if (complete) {
            return ExitCode.OK;
        }
        terminal.err().println("incomplete: not every node has answered; repeat the command");
        return ExitCode.OUTCOME_UNKNOWN;
    }

    static String counted(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Text that a client has chosen, without characters that control a terminal. */
    static String plain(String text) {
        StringBuilder plain = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    plain.append(String.format("\\u%04x", c));
                default -> plain.appendCodePoint(c);
            }
        });
        return plain.toString();
    }
}
