package dev.broadcaster.control;

import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.protocol.ListedConnection;
import java.util.List;

/**
 * The answer of one node to a {@link Question}, or the sum of several.
 *
 * @param count the closed connections, ended subscriptions, or subscriptions of the channel
 * @param connections of a user
 * @param channels by name, without those that have no subscriber
 * @param more true if the node has more than it lists
 */
public record Answer(int count, List<ListedConnection> connections, List<ListedChannel> channels, boolean more) {
    public Answer {
        connections = List.copyOf(connections);
        channels = List.copyOf(channels);
    }

    /** An answer that is a number. */
    public static Answer ofCount(int count) {
        return new Answer(count, List.of(), List.of(), false);
    }

    /** The connections of a user; {@code more} is true if there are too many to list. */
    public static Answer ofConnections(List<ListedConnection> connections, boolean more) {
        return new Answer(connections.size(), connections, List.of(), more);
    }

    /** A page of channels. */
    public static Answer ofChannels(List<ListedChannel> channels, boolean more) {
        return new Answer(channels.size(), List.of(), channels, more);
    }
}
