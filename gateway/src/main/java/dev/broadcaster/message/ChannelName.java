package dev.broadcaster.message;

/**
 * The grammar of a channel's name (PROTOCOL section 5): 1 to 200 characters of {@code A-Z a-z 0-9 _ - :}, not starting
 * with {@code :}, no {@code ::}, the last character a letter, a digit or {@code _}.
 */
public final class ChannelName {
    public static final int MAX_LENGTH = 200;

    private ChannelName() {}

    /**
     * True if {@code name} is a channel name. One pass, no recursion: the obvious regular expression overflows the
     * stack on a long name.
     */
    public static boolean isValid(String name) {
        int length = name.length();
        if (length == 0 || length > MAX_LENGTH) {
            return false;
        }
        char previous = ':'; // so that a leading colon counts as a double one
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (c == ':') {
                if (previous == ':') {
                    return false;
                }
            } else if (c != '-' && !isWord(c)) {
                return false;
            }
            previous = c;
        }
        return isWord(previous);
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }
}
