package dev.broadcaster.time;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Decides which lines of a log are written: a line once, and again when it has been away for a minute or, while it comes
 * all the time, every ten minutes. It counts the lines that are left out. Lines with different texts are different lines;
 * {@link #withoutCounts} makes those equal that differ only in a count. Safe from any thread.
 */
public final class RepeatedLines {
    /** Returned for a line that is left out. */
    public static final long LEFT_OUT = -1;

    private static final long AWAY_NANOS = 60_000_000_000L;
    private static final long AGAIN_NANOS = 600_000_000_000L;
    private static final int MAX_LINES = 256;
    private static final int MAX_LENGTH = 512;
    /** A number that is no part of an address, a port or a version. */
    private static final Pattern COUNT = Pattern.compile("(?<![0-9.:])[0-9]++(?![.:])");

    private static final class Line {
        private long seenNanos;
        private long writtenNanos;
        private long leftOut;
    }

    /** Guarded by this; the line that was seen least recently is the first, and is forgotten first. */
    private final Map<String, Line> lines = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Line> eldest) {
            return size() > MAX_LINES;
        }
    };

    /**
     * The text with "#" for each number that is a count, a time or the number of a query. Addresses, ports and versions
     * stay. For reasons whose numbers tell an operator nothing, as those of libraries.
     */
    public static String withoutCounts(String text) {
        return COUNT.matcher(text).replaceAll("#");
    }

    /**
     * A line comes.
     *
     * @param text the first 512 characters count
     * @param now nanoseconds of a monotonic clock
     * @return how often it was left out since it was last written, if it is to be written now; else {@link #LEFT_OUT}
     */
    public synchronized long onLine(String text, long now) {
        String key = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
        Line line = lines.get(key);
        boolean isNew = line == null;
        if (line == null) {
            line = new Line();
            lines.put(key, line);
        }
        boolean wasAway = now - line.seenNanos > AWAY_NANOS;
        line.seenNanos = now;
        if (!isNew && !wasAway && now - line.writtenNanos < AGAIN_NANOS) {
            line.leftOut++;
            return LEFT_OUT;
        }
        long leftOut = line.leftOut;
        line.leftOut = 0;
        line.writtenNanos = now;
        return leftOut;
    }

    /** The end of a line that was left out so often before: empty for 0. */
    public static String suffix(long leftOut) {
        return leftOut == 0 ? "" : " (and " + leftOut + (leftOut == 1 ? " time" : " times") + " before)";
    }
}
