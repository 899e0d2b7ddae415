package dev.broadcaster.http;

/** Texts of requests, for the log. */
final class LogText {
    private static final int MAX_LENGTH = 128;

    private LogText() {}

    /** The start of {@code text}, on one line. A character of two chars is left out whole. */
    static String of(String text) {
        int end = Math.min(text.length(), MAX_LENGTH);
        if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        StringBuilder safe = new StringBuilder(end + 1);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            safe.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? '?' : c);
        }
        return end < text.length() ? safe + "…" : safe.toString();
    }

    static String completeness(boolean complete) {
        return complete ? "complete" : "incomplete: not all nodes have answered";
    }
}
