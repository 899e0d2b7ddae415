package dev.broadcaster.cli;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds holes in the {@code seq} of the subscriptions of one connection (PROTOCOL section 4): the first is 1, each
 * later one is 1 more, and missing numbers are lost messages. One thread.
 */
final class SeqWatch {
    private final Map<String, Long> lastSeqs = new HashMap<>();

    /** A text about the hole before this message; null if there is none. */
    @Nullable
    String hole(String channel, long seq) {
        Long previous = lastSeqs.put(channel, seq);
        long first = previous == null ? 1 : previous + 1;
        long lost = seq - first;
        if (lost <= 0) {
            return null;
        }
        String which = lost == 1 ? "seq " + first : "seq " + first + "-" + (seq - 1);
        return "hole: " + lost + (lost == 1 ? " message" : " messages") + " of channel " + channel + " lost (" + which
                + ")";
    }
}
