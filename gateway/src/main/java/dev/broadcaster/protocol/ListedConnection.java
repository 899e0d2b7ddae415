package dev.broadcaster.protocol;

import java.util.List;

/**
 * A connection in the answer of {@code GET /users/{user}} (PROTOCOL section 13).
 *
 * @param since the time at which it was opened, RFC 3339
 * @param client the name and version that the client gave, or {@code other}
 * @param transport {@code websocket}
 * @param channels the first of its channels, by name, at most {@value #MAX_CHANNELS}
 * @param subscriptions the number of its subscriptions
 */
public record ListedConnection(
        String connectionId, String since, String client, String transport, List<String> channels, int subscriptions) {
    /** The largest number of channels that are listed. */
    public static final int MAX_CHANNELS = 100;

    public ListedConnection {
        channels = List.copyOf(channels);
    }
}
