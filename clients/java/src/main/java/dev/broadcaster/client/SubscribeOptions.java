package dev.broadcaster.client;

import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How to subscribe. Immutable: each method returns changed options. */
public final class SubscribeOptions {
    private static final SubscribeOptions DEFAULTS = new SubscribeOptions(null, null, false, Overflow.GAP, null);
    private static final int MOST_LAST = 1000;
    private static final int MOST_SINCE = 128;

    final @Nullable String since;
    final @Nullable Integer last;
    final boolean priority;
    final Overflow overflow;
    final @Nullable Function<Resync.Why, CompletionStage<?>> resync;

    /** The action when a {@link Handle#publisher subscriber} does not request messages. */
    public enum Overflow {
        /** The oldest are dropped and reported as a gap with their number. */
        GAP,
        /**
         * The channel is unsubscribed until there is room. Then it is subscribed again, and the messages of the
         * meantime are recovered.
         */
        PAUSE
    }

    private SubscribeOptions(
            @Nullable String since,
            @Nullable Integer last,
            boolean priority,
            Overflow overflow,
            @Nullable Function<Resync.Why, CompletionStage<?>> resync) {
        this.since = since;
        this.last = last;
        this.priority = priority;
        this.overflow = overflow;
        this.resync = resync;
    }

    /** Messages from now on. */
    public static SubscribeOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Requests the messages after the message with this id: a stored {@link Handle#position}.
     *
     * @throws IllegalArgumentException if it is empty or longer than 128 characters
     */
    public SubscribeOptions since(String id) {
        if (id.isEmpty() || id.length() > MOST_SINCE) {
            throw new IllegalArgumentException(
                    "since: " + id.length() + " characters (expected: 1 to " + MOST_SINCE + ")");
        }
        return new SubscribeOptions(id, last, priority, overflow, resync);
    }

    /**
     * Starts with this number of messages of the history.
     *
     * @throws IllegalArgumentException if it is not 1 to 1,000
     */
    public SubscribeOptions last(int count) {
        if (count < 1 || count > MOST_LAST) {
            throw new IllegalArgumentException("last: " + count + " (expected: 1 to " + MOST_LAST + ")");
        }
        return new SubscribeOptions(since, count, priority, overflow, resync);
    }

    /** Subscribed before others after a reconnect. */
    public SubscribeOptions priority() {
        return new SubscribeOptions(since, last, true, overflow, resync);
    }

    public SubscribeOptions overflow(Overflow then) {
        return new SubscribeOptions(since, last, priority, then, resync);
    }

    /** Loads the state before messages are delivered, and after every gap. */
    public SubscribeOptions resync(Resync load) {
        return resyncAsync(new Blocking(load));
    }

    /** Like {@link #resync}; the state is loaded when the stage has completed. The function itself may not block. */
    public SubscribeOptions resyncAsync(Function<Resync.Why, CompletionStage<?>> load) {
        return new SubscribeOptions(since, last, priority, overflow, load);
    }

    /** A resync that blocks; the handle runs it with the executor of its client. */
    record Blocking(Resync load) implements Function<Resync.Why, CompletionStage<?>> {
        @Override
        public CompletionStage<?> apply(Resync.Why why) {
            throw new UnsupportedOperationException("run by the executor");
        }
    }
}
