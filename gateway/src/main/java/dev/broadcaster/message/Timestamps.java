package dev.broadcaster.message;

import java.time.Instant;

/**
 * Formats wall-clock time as RFC 3339 in UTC with milliseconds, {@code 2026-01-31T23:59:59.123Z}. The part up to the
 * seconds is made once per second. Safe from any thread.
 */
public final class Timestamps {
    private record Second(long epochSecond, String text) {}

    private volatile Second current = second(0);

    /** The text of {@code epochMillis}, 24 characters for any year from 1970 to 9999. */
    public String format(long epochMillis) {
        long epochSecond = Math.floorDiv(epochMillis, 1000L);
        Second second = current;
        if (second.epochSecond != epochSecond) {
            second = second(epochSecond);
            current = second;
        }
        int millis = (int) Math.floorMod(epochMillis, 1000L);
        char[] tail = {
            '.', (char) ('0' + millis / 100), (char) ('0' + millis / 10 % 10), (char) ('0' + millis % 10), 'Z'
        };
        return second.text.concat(String.valueOf(tail));
    }

    private static Second second(long epochSecond) {
        String text = Instant.ofEpochSecond(epochSecond).toString();
        return new Second(epochSecond, text.substring(0, text.length() - 1));
    }
}
