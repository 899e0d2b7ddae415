package dev.broadcaster.redis.channel;

import dev.broadcaster.message.Message;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.channel.State.Live;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The subscribes of one received channel, and everything that leaves it: messages, losses, the confirmations of
 * subscribes, the answers to replays. Owned by the event loop.
 */
final class ChannelOutput {
    private final String name;
    private final Delivery delivery;
    private final Waiters waiters;
    private final Recoveries.@Nullable OfChannel recoveries; // null if the channel has no history
    private int wanted; // subscribes that were not taken back

    ChannelOutput(String name, Delivery delivery, Waiters waiters, Recoveries.@Nullable OfChannel recoveries) {
        this.name = name;
        this.delivery = delivery;
        this.waiters = waiters;
        this.recoveries = recoveries;
    }

    /** The recoveries of the channel; null if it has no history. */
    Recoveries.@Nullable OfChannel recoveries() {
        return recoveries;
    }

    /** True if at least one subscribe was not taken back. */
    boolean isWanted() {
        return wanted > 0;
    }

    /** Adds a subscribe; true if it is the first one. */
    boolean want() {
        return wanted++ == 0;
    }

    /** Takes back a subscribe; true if it was the last one. */
    boolean unwant() {
        if (wanted == 0) {
            throw new IllegalStateException(name + " is unsubscribed more often than subscribed");
        }
        return --wanted == 0;
    }

    /** Delivers the next message, and moves the position of {@code live} to it. */
    void deliver(Live live, Envelope envelope) {
        live.position = envelope.position();
        Message message = delivery.deliver(name, envelope);
        if (recoveries != null) {
            recoveries.onDelivered(envelope, message);
        }
    }

    /**
     * Brings a channel that is subscribed again from {@code before} to its counter, where {@code live} is.
     *
     * @param kept true if Redis certainly kept the counter in between
     * @param last messages that end at the counter; everything before them is reported as lost
     */
    void catchUp(Live live, Position before, boolean kept, List<Envelope> last) {
        if (!last.isEmpty()) {
            live.position = Position.before(last.get(0));
        }
        loseUntil(before, live.position, kept);
        last.forEach(envelope -> deliver(live, envelope));
    }

    /**
     * Brings {@code live} to the counter after a reading: delivers the messages that follow its position, and reports
     * those as lost that the history does not have.
     */
    void deliverRepaired(Live live, List<HistoryPage.Entry> entries, Position counter) {
        for (HistoryPage.Entry entry : entries) {
            Envelope envelope = entry.envelope();
            long missing = envelope.offset() - live.position.offset() - 1;
            if (live.position.isSameEpoch(envelope.epoch()) && missing >= 0) {
                lose(missing);
                deliver(live, envelope);
                delivery.metrics().countRepaired();
            }
        }
        loseUntil(live.position, counter, true);
        live.position = counter;
    }

    private void loseUntil(Position before, Position now, boolean kept) {
        long lost = before.lostUntil(now, kept);
        if (lost > 0 && before.acceptedUntil(now) == 0) {
            delivery.losePossibly(name);
        } else {
            lose(lost);
        }
    }

    /** Reports {@code count} messages as lost, if it is positive. */
    void lose(long count) {
        delivery.lose(name, count);
    }

    /**
     * Drops messages whose offsets were already used. Each counts as lost: after a fail-over the old master of a
     * cluster may still push messages that it has accepted, which the counter of the new master does not include.
     */
    void dropUsed(int count) {
        for (int i = 0; i < count; i++) {
            dropDuplicate();
            lose(1);
        }
    }

    /** Drops a message that came from another source than the channel's. */
    void dropDuplicate() {
        delivery.metrics().countDropped(RelayMetrics.Dropped.DUPLICATE);
    }

    /** A history is being read. */
    void countReading() {
        delivery.metrics().countHistoryRead();
    }

    /** The channel is live again after its subscription had ended. */
    void countResubscribed() {
        delivery.metrics().countResubscribed(1);
    }

    /** The channel is live: confirms subscribes, and answers replays. */
    void onLive() {
        waiters.confirm(name);
        if (recoveries != null) {
            recoveries.onLive();
        }
    }

    /** Adds a page to a reading; false if another one is outstanding, and there is no memory for it. */
    boolean add(HistoryReading reading, HistoryPage page, boolean last) {
        return recoveries == null || recoveries.add(reading, page, last);
    }

    /** A history was read for recoveries, and the channel is at the counter of its last page. */
    void onRead(HistoryReading reading, HistoryPage last) {
        if (recoveries != null) {
            recoveries.onRead(reading, last);
        }
    }

    /** The history cannot be read: refuses the replays that wait for it. */
    void refuseReplays() {
        if (recoveries != null) {
            recoveries.refuse();
        }
    }

    /** Stops answering replays from an earlier reading. */
    void forgetRecent() {
        if (recoveries != null) {
            recoveries.forgetRecent();
        }
    }
}
