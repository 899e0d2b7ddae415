package dev.broadcaster.redis;

import dev.broadcaster.relay.HistoryConfig;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The channels that this node knows, by name and by topic. Owned by the event loop. */
final class ReceivedChannels {
    private final KeyNames names;
    private final HistoryConfig history;
    private final Map<String, ReceivedChannel> byName = new HashMap<>();
    private final Map<String, ReceivedChannel> byTopic = new HashMap<>();

    ReceivedChannels(KeyNames names, HistoryConfig history) {
        this.names = names;
        this.history = history;
    }

    /** The channel of this name, or null if it is not known. */
    @Nullable
    ReceivedChannel named(String name) {
        return byName.get(name);
    }

    /** The channel with this topic, or null if it is not known. */
    @Nullable
    ReceivedChannel ofTopic(String topic) {
        return byTopic.get(topic);
    }

    /** The channel of this name, known from now on. */
    ReceivedChannel know(String name) {
        ReceivedChannel known = byName.get(name);
        if (known != null) {
            return known;
        }
        int tag = HashTags.of(name);
        ReceivedChannel channel =
                new ReceivedChannel(name, tag, names.topic(tag, KeyNames.bytes(name)), history.of(name));
        byName.put(name, channel);
        byTopic.put(channel.topic, channel);
        return channel;
    }

    /** The channel is not known from now on. */
    void forget(ReceivedChannel channel) {
        byName.remove(channel.name);
        byTopic.remove(channel.topic);
    }

    Collection<ReceivedChannel> all() {
        return byName.values();
    }
}
