package dev.broadcaster.http;

/** Texts of requests, for the log. */
final class LogText {
    private static final int MAX_LENGTH = 128;

    private LogText() {}

    /** The start of {@code text}, on one line. */
    static String of(String text) {
        StringBuilder safe = new StringBuilder(Math.min(text.length(), MAX_LENGTH));
        for (int i = 0; i < Math.min(text.length(), MAX_LENGTH); i++) {
            char c = text.charAt(i);
            safe.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
        }
        return text.length() > MAX_LENGTH ? safe + "…" : safe.toString();
    }

    static String completeness(boolean complete) {
        return complete ? "complete" : "incomplete: not all nodes have answered";
    }
}
