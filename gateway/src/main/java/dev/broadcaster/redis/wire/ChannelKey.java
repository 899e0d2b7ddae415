package dev.broadcaster.redis.wire;

import dev.broadcaster.relay.HistoryConfig;
import org.jspecify.annotations.Nullable;

/**
 * A channel as Redis knows it.
 *
 * @param partition see {@link HashTags}
 * @param topic the topic of its messages
 * @param rule what its history keeps; null if it has none
 */
public record ChannelKey(String name, int partition, String topic, HistoryConfig.@Nullable Rule rule) {
    /** The channel with this name. */
    public static ChannelKey of(String name, KeyNames names, HistoryConfig history) {
        int partition = HashTags.of(name);
        return new ChannelKey(name, partition, names.topic(partition, KeyNames.bytes(name)), history.of(name));
    }
}
