package dev.broadcaster.redis;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.time.Time;

/** Hands messages and losses to the listener, in batches, and counts them. Owned by the event loop. */
final class Delivery {
    private final RelayListener listener;
    private final Loop loop;
    private final Time time;
    private final RelayMetrics metrics;
    private boolean inBatch; // a message was delivered since the last end of a batch

    /** @param loop woken when a batch begins; at the end of that turn it calls {@link #endBatch} */
    Delivery(RelayListener listener, Loop loop, Time time, RelayMetrics metrics) {
        this.listener = listener;
        this.loop = loop;
        this.time = time;
        this.metrics = metrics;
    }

    /** Delivers the next message of a channel, whose position is that of the message from now on. */
    Message deliver(ReceivedChannel channel, Envelope envelope) {
        channel.position = envelope.position();
        metrics.countReceived(time.epochMillis() - MessageIds.epochMillis(envelope.id()));
        Message message = envelope.message(channel.name);
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

    /** Ends the batch, if there is one: the listener may now wake those who wait for the messages. */
    void endBatch() {
        if (inBatch) {
            inBatch = false;
            listener.onBatchEnd();
        }
    }

    /** Tells the listener that {@code count} messages of a channel are lost, if {@code count} is positive. */
    void lose(ReceivedChannel channel, long count) {
        if (count > 0) {
            metrics.countLost(count);
            listener.onLoss(channel.name, count);
        }
    }
}
