package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Time;
import java.util.concurrent.atomic.LongAdder;

/**
 * {@code MAX_PUBLISH_RATE} and {@code MAX_NEW_CHANNEL_RATE} for each API key and each user, in fixed memory. A
 * channel's counter takes memory of the relay for an hour and an idempotency key for five minutes; these rates limit
 * their number. Counts refusals. Safe from any thread.
 */
public final class PublishLimits {
    private static final long PUBLISH_BURST_NANOS = 2_000_000_000L;
    /** After the start of a node every channel is new to it, so the channels of one minute may pass at once. */
    private static final long CHANNEL_BURST_NANOS = 60_000_000_000L;
    /** A filter of channels gets a 512th of the heap, at one byte per channel, up to 2 MiB; there are two filters. */
    private static final int HEAP_PART = 512;

    private static final int MAX_CHANNELS = 1 << 21;

    private final HistoryConfig history;
    private final Time time;
    private final long startNanos;
    private final long seed;
    private final Metrics metrics;
    private final SharedRate publishes;
    private final SharedRate newChannels;
    private final SeenChannels seen;
    private final LongAdder channelsSeen;
    private final LongAdder idempotencyKeys;

    /**
     * Unused limits.
     *
     * @param history the channels whose counters are created when their position is requested
     * @param seed random, so that a client cannot choose names that share a slot
     */
    public PublishLimits(PublishConfig config, HistoryConfig history, Time time, long seed, Metrics metrics) {
        this.history = history;
        this.time = time;
        this.startNanos = time.nanos();
        this.seed = seed;
        this.metrics = metrics;
        this.publishes = new SharedRate(config.maxPublishRate(), PUBLISH_BURST_NANOS);
        this.newChannels = new SharedRate(config.maxNewChannelRate(), CHANNEL_BURST_NANOS);
        this.seen = new SeenChannels(
                (int) Math.min(MAX_CHANNELS, Runtime.getRuntime().maxMemory() / HEAP_PART));
        this.channelsSeen =
                metrics.counter("channels.new", "Channels used here that were not used in the half hour before");
        this.idempotencyKeys = metrics.counter("idempotency.keys", "Publishes with an idempotency key");
    }

    /** The publisher with the API key of this number. */
    public long key(int number) {
        return mix(seed + number);
    }

    /** The publisher that is the user {@code subject}. */
    public long user(String subject) {
        return hash(subject, ~seed);
    }

    /**
     * Takes {@code messages} from the publisher's rate; false if the rate is used up. A larger batch passes, and later
     * publishes wait for it.
     */
    public boolean takeMessages(long publisher, int messages) {
        if (publishes.take(publisher, messages, now())) {
            return true;
        }
        metrics.countRefusal(Refusal.PUBLISH_RATE);
        return false;
    }

    /** The seconds until {@link #takeMessages} passes, at least 1. */
    public long secondsUntilMessages(long publisher) {
        return seconds(publishes.nanosUntil(publisher, now()));
    }

    /** The seconds until a new channel of the publisher passes, at least 1. */
    public long secondsUntilChannel(long publisher) {
        return seconds(newChannels.nanosUntil(publisher, now()));
    }

    private static long seconds(long nanos) {
        return 1 + Math.max(0, nanos - 1) / 1_000_000_000;
    }

    /**
     * Takes the new channel of {@code publication} from the publisher's rate; false if the publisher has named too many
     * new channels.
     */
    public boolean takeNames(long publisher, Publication publication) {
        if (!takeChannel(publisher, publication.channel())) {
            return false;
        }
        if (publication.idempotencyKey() != null) {
            idempotencyKeys.increment();
        }
        return true;
    }

    /** The same for a request of the position of {@code channel}. */
    public boolean takePosition(long publisher, String channel) {
        return history.of(channel) == null || takeChannel(publisher, channel);
    }

    private boolean takeChannel(long publisher, String name) {
        long now = now();
        long channel = hash(name, seed);
        if (seen.refresh(channel, now)) {
            return true;
        }
        if (!newChannels.take(publisher, 1, now)) {
            metrics.countRefusal(Refusal.NEW_CHANNELS);
            return false;
        }
        seen.add(channel, now);
        channelsSeen.increment();
        return true;
    }

    private long now() {
        return time.nanos() - startNanos;
    }

    private static long hash(String text, long seed) {
        long hash = seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x9e3779b97f4a7c15L;
            hash ^= hash >>> 32;
        }
        return mix(hash);
    }

    /** The finaliser of murmur3. */
    private static long mix(long bits) {
        long z = (bits ^ bits >>> 33) * 0xff51afd7ed558ccdL;
        z = (z ^ z >>> 33) * 0xc4ceb9fe1a85ec53L;
        return z ^ z >>> 33;
    }
}
