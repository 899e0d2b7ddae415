package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/**
 * The names that the protocol allows (sections 3, 5 and 6); checked here, so that a wrong one does not end the
 * connection.
 */
final class Names {
    private static final int MOST_CHANNEL = 200;
    private static final int MOST_EVENT = 256;
    private static final int MOST_KEY = 128;

    private Names() {}

    /** The fault of the name of a channel, or null. */
    static @Nullable String channelProblem(String channel) {
        return isChannel(channel)
                ? null
                : "channel: malformed (expected: 1 to 200 characters of A-Z a-z 0-9 _ - :, no leading or double colon, last a"
                        + " letter, digit or _)";
    }

    private static boolean isChannel(String channel) {
        int length = channel.length();
        if (length == 0 || length > MOST_CHANNEL || channel.charAt(0) == ':' || channel.contains("::")) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = channel.charAt(i);
            if (!isLetterOrDigit(c) && c != '_' && c != '-' && c != ':') {
                return false;
            }
        }
        char last = channel.charAt(length - 1);
        return isLetterOrDigit(last) || last == '_';
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    /** The fault of the name of an event, or null. */
    static @Nullable String eventProblem(String event) {
        return event.isEmpty() || event.codePointCount(0, event.length()) > MOST_EVENT
                ? "event: malformed (expected: 1 to 256 characters)"
                : null;
    }

    /** True if a key is 1 to 128 printable ASCII characters. */
    static boolean isKey(String key) {
        return !key.isEmpty() && key.length() <= MOST_KEY && key.chars().allMatch(c -> c >= ' ' && c < 127);
    }

    /** True if the text has the form of a JWT: three parts of base64url. Misconfigured servers return HTML pages. */
    static boolean isToken(@Nullable String token) {
        if (token == null) {
            return false;
        }
        int dots = 0;
        char before = '.';
        for (int i = 0; i < token.length(); i++) {
            char c = token.charAt(i);
            if (c == '.') {
                dots++;
            }
            if (c == '.' ? before == '.' : !isLetterOrDigit(c) && c != '-' && c != '_') {
                return false;
            }
            before = c;
        }
        return dots == 2 && before != '.';
    }
}
