package dev.broadcaster.redis.channel;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.metrics.RelayMetrics.Loss;
import dev.broadcaster.redis.link.Loop;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.time.Time;

/** Hands messages and losses to the listener, in batches, and counts them. Owned by the event loop. */
public final class Delivery {
    private final RelayListener listener;
    private final Loop loop;
    private final Time time;
    private final RelayMetrics metrics;
    private boolean inBatch; // a message was delivered since the last end of a batch

    /** @param loop woken when a batch begins; at the end of that turn it calls {@link #endBatch} */
    public Delivery(RelayListener listener, Loop loop, Time time, RelayMetrics metrics) {
        this.listener = listener;
        this.loop = loop;
        this.time = time;
        this.metrics = metrics;
    }

    /** Delivers the next message of {@code channel}. */
    Message deliver(String channel, Envelope envelope) {
        metrics.countReceived(time.epochMillis() - MessageIds.epochMillis(envelope.id()));
        Message message = envelope.message(channel);
        if (!inBatch) {
            beginBatch();
        }
        listener.onMessage(message);
        return message;
    }

    private void beginBatch() {
        inBatch = true;
        listener.onBatchBegin();
        loop.wake();
    }

    /** Ends the batch, if there is one: the listener may now wake the threads that wait for the messages. */
    public void endBatch() {
        if (inBatch) {
            inBatch = false;
            listener.onBatchEnd();
        }
    }

    /** Reports {@code count} messages of {@code channel} as lost, if {@code count} is positive. */
    void lose(String channel, long count) {
        if (count > 0) {
            metrics.countLost(Loss.CERTAIN, count);
            listener.onLoss(channel, count);
        }
    }

    /** Reports one message of {@code channel} as lost, because Redis cannot tell whether there was one. */
    void losePossibly(String channel) {
        metrics.countLost(Loss.POSSIBLE, 1);
        listener.onLoss(channel, 1);
    }

    RelayMetrics metrics() {
        return metrics;
    }
}
