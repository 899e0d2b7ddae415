package dev.broadcaster.relay;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.time.Time;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay of the only node there is: in process, without a dependency. Every publish is accepted and answered before
 * {@link #publish} returns; nothing is ever lost.
 *
 * <p>The order of a channel is the order of its lane. Whoever finds a lane idle delivers what lies in it, also what
 * others put there meanwhile, so the listener is called by one thread at a time and no lock is held.
 */
public final class LocalRelay implements Relay {
    private static final Logger LOG = LoggerFactory.getLogger(LocalRelay.class);

    private static final int LANES = 64;

    private static final class Lane {
        final Queue<Message> messages = new ConcurrentLinkedQueue<>();
        final AtomicInteger waiting = new AtomicInteger();
    }

    private final Time time;
    private final MessageIds ids;
    private final Timestamps timestamps;
    private final IdempotencyKeys keys;
    private final Lane[] lanes = new Lane[LANES];
    private volatile @Nullable RelayListener listener;

    /** A relay that delivers once {@link #start} is called. */
    public LocalRelay(Time time, MessageIds ids, Timestamps timestamps) {
        this.time = time;
        this.ids = ids;
        this.timestamps = timestamps;
        this.keys = new IdempotencyKeys(time);
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane();
        }
    }

    @Override
    public void start(RelayListener listener) {
        this.listener = listener;
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        String id = ids.next();
        String createTime = timestamps.format(time.epochMillis());
        PublishOutcome.Accepted accepted = new PublishOutcome.Accepted(id, createTime);
        if (publication.idempotencyKey() != null) {
            PublishOutcome first = keys.first(publication, accepted);
            if (first != accepted) {
                callback.onOutcome(first);
                return;
            }
        }
        deliver(new Message(id, createTime, publication.channel(), publication.event(), publication.payload()));
        callback.onOutcome(accepted);
    }

    private void deliver(Message message) {
        RelayListener to = listener;
        if (to == null) {
            throw new IllegalStateException("not started");
        }
        Lane lane = lanes[(message.channel().hashCode() & Integer.MAX_VALUE) % LANES];
        lane.messages.add(message);
        if (lane.waiting.getAndIncrement() != 0) {
            return; // whoever delivers right now delivers this one too
        }
        do {
            Message next = lane.messages.poll();
            if (next != null) {
                hand(to, next);
            }
        } while (lane.waiting.decrementAndGet() != 0);
    }

    private static void hand(RelayListener to, Message message) {
        try {
            to.onMessage(message);
        } catch (RuntimeException e) {
            LOG.error("the listener failed", e); // and the lane goes on
        }
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        callback.onSubscribed();
    }

    @Override
    public void unsubscribe(String channel) {}

    @Override
    public @Nullable String trouble() {
        return null;
    }

    @Override
    public void close() {}
}
