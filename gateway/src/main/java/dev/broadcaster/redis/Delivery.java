package dev.broadcaster.redis;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.time.Time;

/** The way of messages and losses to the listener, in batches, counted. Owned by the event loop. */
final class Delivery {
    private final RelayListener listener;
    private final Runnable onBatch;
    private final Time time;
    private final RelayMetrics metrics;
    private boolean inBatch; // messages have been delivered, and whoever gets them need not hurry yet

    /**
     * The way to {@code listener}.
     *
     * @param onBatch told when {@link #endBatch} is to be called once what has come already is done
     */
    Delivery(RelayListener listener, Runnable onBatch, Time time, RelayMetrics metrics) {
        this.listener = listener;
        this.onBatch = onBatch;
        this.time = time;
        this.metrics = metrics;
    }

    /** Delivers the next message of a channel, which stands there from now on. */
    Message deliver(ReceivedChannel channel, Envelope envelope) {
        channel.position = envelope.position();
        Link link = channel.link;
        if (link != null) {
            link.publishes().onReturned(envelope);
        }
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
        onBatch.run();
    }

    /** What was delivered so far is all for now. */
    void endBatch() {
        if (inBatch) {
            inBatch = false;
            listener.onBatchEnd();
        }
    }

    /** So many messages of a channel will not come, if any. */
    void lose(ReceivedChannel channel, long count) {
        if (count > 0) {
            metrics.countLost(count);
            listener.onLoss(channel.name, count);
        }
    }
}
