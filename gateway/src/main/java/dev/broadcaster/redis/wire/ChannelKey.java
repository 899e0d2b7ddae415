package dev.broadcaster.redis.wire;

import dev.broadcaster.relay.HistoryConfig;
import org.jspecify.annotations.Nullable;

/**
 * The names of a channel in Redis.
 *
 * @param partition see {@link KeyNames}
 * @param topic the topic of its messages
 * @param rule the limits of its history; null if it has none
 */
public record ChannelKey(String name, int partition, String topic, HistoryConfig.@Nullable Rule rule) {
    /** The channel with this name. */
    public static ChannelKey of(String name, KeyNames names, HistoryConfig history) {
        int partition = KeyNames.partition(name);
        return new ChannelKey(name, partition, names.topic(partition, KeyNames.bytes(name)), history.of(name));
    }
}
