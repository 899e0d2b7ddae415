package dev.broadcaster.message;

import org.jspecify.annotations.Nullable;

/**
 * The id of a message in a channel with a history, {@code <epoch>-<offset>} (PROTOCOL section 9): the position of the
 * message. Clients return it unchanged.
 *
 * @param epoch the epoch of the channel's counter, without a dash
 * @param offset of the message in it, 1 for the first; 0 is the position before the first
 */
public record HistoryId(String epoch, long offset) {
    private static final int MAX_LENGTH = 64;
    private static final int MAX_DIGITS = 16;

    /** Reads an id; null if {@code text} is not in the canonical form. */
    public static @Nullable HistoryId parse(String text) {
        int dash = text.indexOf('-');
        int digits = text.length() - dash - 1;
        if (dash < 1
                || text.length() > MAX_LENGTH
                || digits < 1
                || digits > MAX_DIGITS
                || (digits > 1 && text.charAt(dash + 1) == '0')) {
            return null;
        }
        long offset = 0;
        for (int i = dash + 1; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return null;
            }
            offset = offset * 10 + digit;
        }
        return new HistoryId(text.substring(0, dash), offset);
    }

    @Override
    public String toString() {
        return epoch + '-' + offset;
    }
}
