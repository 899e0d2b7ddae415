package dev.broadcaster.redis;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.time.Time;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what is received of a channel to the listener in its order. What is missing between two messages, or over a time
 * without a subscription, is read from the history before anything later is delivered; what can't be had is told as lost.
 * Owned by the event loop.
 */
final class Sequencer implements HistoryReads.Reader {
    private static final Logger LOG = LoggerFactory.getLogger(Sequencer.class);

    /** A counter is surely still there for so long. */
    private static final long COUNTER_NANOS = PublishCommands.COUNTER_SECONDS * 1_000_000_000L / 2;

    private final HistoryReads reads;
    private final Consumer<ReceivedChannel> recount;
    private final Predicate<String> isServing;
    private final Delivery delivery;
    private final Recoveries recoveries;
    private final Time time;
    private final RelayMetrics metrics;

    /**
     * Brings nothing yet.
     *
     * @param recount reads the counter of a channel that is no longer live, for {@link #goLive}
     * @param isServing whether a server of this name still serves
     */
    Sequencer(
            HistoryReads reads,
            Consumer<ReceivedChannel> recount,
            Predicate<String> isServing,
            Delivery delivery,
            Time time,
            RelayMetrics metrics) {
        this.reads = reads;
        this.recount = recount;
        this.isServing = isServing;
        this.delivery = delivery;
        this.time = time;
        this.metrics = metrics;
        this.recoveries = new Recoveries(this::read, time);
    }

    /** What came for a channel that is live, or about to be once it is repaired. */
    void onMessage(ReceivedChannel channel, Envelope envelope) {
        if (channel.isRepairing()) {
            return; // it is in the history, and comes with the rest
        }
        Position last = position(channel);
        long missing = envelope.offset() - last.first(envelope.epoch());
        if (missing < 0) {
            drop(channel);
            channel.live = false; // has the counter gone back, as it may in a fail-over?
            channel.askedNanos = time.nanos();
            recount.accept(channel);
        } else if (missing > 0 && isRepairable(channel, envelope.epoch())) {
            repair(channel, envelope.epoch());
        } else {
            delivery.lose(channel, missing);
            deliver(channel, envelope);
        }
    }

    /**
     * The channel is subscribed, and its counter known.
     *
     * @param counter as it was when everything that has come so far had been sent, and nothing of what will come
     * @param serverId the process of Redis that says so
     */
    void goLive(ReceivedChannel channel, Position counter, String serverId) {
        Position before = channel.position;
        String lastServer = channel.serverId;
        long now = time.nanos();
        boolean kept = (lastServer == null || lastServer.equals(serverId))
                && (channel.endedNanos == 0 || now - channel.endedNanos < COUNTER_NANOS);
        long known = before != null && kept && before.reaches(counter) ? before.offset() : 0;
        List<Envelope> leading = takeLeading(channel, counter, known);
        if (before != null && channel.endedNanos != 0) {
            metrics.countResubscribed(1);
        }
        channel.serverId = serverId;
        channel.endedNanos = 0;
        channel.live = true;
        if (before == null) {
            channel.position = counter;
        } else if (kept && before.isBehind(counter) && isRepairable(channel, counter.epoch())) {
            repair(channel, counter.epoch());
            return;
        } else {
            Position start = leading.isEmpty() ? counter : Position.before(leading.get(0));
            delivery.lose(channel, before.lostUntil(start, kept));
            channel.position = start;
            leading.forEach(envelope -> onMessage(channel, envelope));
        }
        channel.unreadable = false;
        confirm(channel);
    }

    /** Of what came before the counter was known, what leads up to it from {@code known} on; the rest is as in {@link #drop}. */
    private List<Envelope> takeLeading(ReceivedChannel channel, Position counter, long known) {
        List<Envelope> leading = channel.early.takeLeadingTo(counter, known);
        int others = channel.early.size();
        channel.early.clear();
        if (channel.endedNanos == 0 && channel.position != null) {
            for (int i = 0; i < others; i++) {
                drop(channel); // the subscription is the same as before, so it has not come in another way either
            }
        }
        return leading;
    }

    /**
     * An offset that was there already. A master of a cluster that was replaced without knowing it sends the last that it
     * accepted to the new master's subscribers too; but the channel has gone on without it.
     */
    private void drop(ReceivedChannel channel) {
        metrics.countDropped(RelayMetrics.Dropped.DUPLICATE);
        delivery.lose(channel, 1);
    }

    private static boolean isRepairable(ReceivedChannel channel, @Nullable String epoch) {
        Position position = position(channel);
        return channel.rule != null && !channel.unreadable && (position.isSameEpoch(epoch) || position.isStart());
    }

    /** Nothing is delivered until what is missing has been read. */
    private void repair(ReceivedChannel channel, @Nullable String epoch) {
        if (position(channel).isStart()) {
            channel.position = new Position(epoch, 0); // even the first message is missing
        }
        channel.live = false;
        channel.forgetRecent();
        channel.askedNanos = time.nanos();
        read(channel, HistoryReading.toRepair(position(channel).offset() + 1));
    }

    private void read(ReceivedChannel channel, HistoryReading reading) {
        channel.reading = reading;
        metrics.countHistoryRead();
        reads.next(channel, reading, reading.first(), this);
    }

    @Override
    public void onPage(ReceivedChannel channel, HistoryReading reading, HistoryPage page) {
        channel.askedNanos = time.nanos();
        reading.add(page, channel.askedNanos);
        long next = page.next();
        if (next > 0 && !page.entries().isEmpty()) {
            reads.next(channel, reading, next, this);
            return;
        }
        channel.reading = null;
        Position counter = page.counter();
        if (reading.repairs()) {
            onRepaired(channel, reading, counter);
        } else if (position(channel).isBehind(counter)) {
            repair(channel, counter.epoch()); // Redis has sent something that has not come
        } else {
            if (counter.epoch() != null
                    && counter.isStart()
                    && !position(channel).isSameEpoch(counter.epoch())) {
                channel.position = counter; // a counter that has just been created; the one before has expired
            }
            // One that is not whole may lack what clients have seen, and what they have missed.
            recoveries.onRead(channel, reading, counter, page.isWhole(isServing));
        }
    }

    private void onRepaired(ReceivedChannel channel, HistoryReading reading, Position counter) {
        for (HistoryReading.Kept entry : reading.entries()) {
            Envelope envelope = entry.envelope();
            Position last = position(channel);
            if (last.isSameEpoch(envelope.epoch()) && envelope.offset() > last.offset()) {
                delivery.lose(channel, envelope.offset() - last.offset() - 1);
                deliver(channel, envelope);
                metrics.countRepaired();
            }
        }
        delivery.lose(channel, position(channel).lostUntil(counter, true));
        channel.position = counter;
        channel.live = true;
        confirm(channel);
    }

    @Override
    public void onInterrupted(ReceivedChannel channel, HistoryReading reading) {
        channel.reading = null;
        if (reading.repairs()) {
            channel.end(time.nanos()); // and is repaired when it is subscribed anew
        }
    }

    @Override
    public void onUnreadable(ReceivedChannel channel, HistoryReading reading, String reason) {
        LOG.warn("Redis: a history can't be read: {}", reason);
        channel.reading = null;
        if (reading.repairs()) {
            channel.unreadable = true;
            channel.end(time.nanos()); // and is subscribed anew, to know how much is missing
        } else {
            recoveries.refuse(channel);
        }
    }

    private void confirm(ReceivedChannel channel) {
        channel.confirm();
        recoveries.onLive(channel);
    }

    private void deliver(ReceivedChannel channel, Envelope envelope) {
        recoveries.onDelivered(channel, envelope, delivery.deliver(channel, envelope));
    }

    /** Answers a replay as soon as it can be answered, before {@code deadline}. */
    void replay(ReceivedChannel channel, Replay replay, ReplayCallback callback, long deadline) {
        recoveries.add(channel, replay, callback, deadline);
    }

    /** Refuses who has waited too long. */
    void onTick(long now) {
        recoveries.onTick(now);
    }

    private static Position position(ReceivedChannel channel) {
        Position position = channel.position;
        if (position == null) {
            throw new IllegalStateException(channel.name + " is live without a position");
        }
        return position;
    }
}
