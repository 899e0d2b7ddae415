package dev.broadcaster.redis.channel;

import dev.broadcaster.redis.channel.State.Asked;
import dev.broadcaster.redis.channel.State.Away;
import dev.broadcaster.redis.channel.State.Counting;
import dev.broadcaster.redis.channel.State.Live;
import dev.broadcaster.redis.channel.State.Past;
import dev.broadcaster.redis.channel.State.Repairing;
import dev.broadcaster.redis.channel.State.Subscribing;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.link.SubscribedChannel;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.time.Time;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A channel that this node receives, or is about to receive: a state machine, whose events are the methods {@code on…}.
 * Each message after the counter is delivered once and in order, or reported as lost before a later one is delivered.
 * Messages that are missing between two others, or over a time without a subscription, are first read from the history.
 * The only writer of its state. Owned by the event loop.
 */
final class ReceivedChannel implements SubscribedChannel {
    private static final Logger LOG = LoggerFactory.getLogger(ReceivedChannel.class);

    /** The time that a channel stays at its source after another source is reported to serve it. */
    private static final long MOVE_NANOS = 1_000_000_000L;

    private final ChannelKey key;
    private final ChannelOutput output;
    private final Time time;
    private State state = new Away(null);
    private int wanted; // subscribes that were not taken back
    private long movedNanos; // the time since which another source is reported to serve the channel; 0 if none is

    ReceivedChannel(ChannelKey key, Delivery delivery, Waiters waiters, Recoveries recoveries, Time time) {
        this.key = key;
        this.time = time;
        this.output = new ChannelOutput(
                key.name(),
                delivery,
                waiters,
                key.rule() == null ? null : recoveries.of(key.name(), key.rule(), this::state, this::read));
    }

    @Override
    public ChannelKey key() {
        return key;
    }

    /** Its recoveries; null if it has no history. */
    Recoveries.@Nullable OfChannel recoveries() {
        return output.recoveries();
    }

    State state() {
        return state;
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
            throw new IllegalStateException(key.name() + " is unsubscribed more often than subscribed");
        }
        return --wanted == 0;
    }

    /**
     * The caller subscribes the channel at {@code source}, unless this returns false because it is already subscribed.
     */
    boolean onAsked(Source source) {
        if (!(state instanceof Away away)) {
            return false;
        }
        state = new Asked(source, away.past, time.nanos());
        return true;
    }

    /** Redis has confirmed the subscription. */
    void onSubscribed(Source from) {
        if (state instanceof Asked asked && asked.source == from) {
            state = new Counting(asked);
        }
    }

    /** A message was pushed. */
    void onMessage(Source from, Envelope envelope) {
        State now = state;
        if (now.at != from) {
            output.dropDuplicate();
            return;
        }
        switch (now.kind) {
            case LIVE -> receive((Live) now, envelope);
            case ASKED, COUNTING -> ((Subscribing) now).early.add(envelope);
            case REPAIRING -> {} // a later page has it
            case AWAY -> throw new IllegalStateException("away, and at a source");
        }
    }

    @Override
    public void onCounter(Source from, Position counter, String server) {
        if (state.at != from) {
            return;
        }
        switch (state.kind) {
            case COUNTING -> goLive((Counting) state, counter, server);
            case ASKED -> end(); // the subscription was refused: this answer comes before the counter
            case LIVE, REPAIRING, AWAY -> {} // the answer to an earlier request
        }
    }

    @Override
    public void onRefused(Source from) {
        if (state.at != from) {
            return;
        }
        switch (state.kind) {
            case ASKED, COUNTING, REPAIRING -> end();
            case LIVE, AWAY -> {}
        }
    }

    /** Redis has ended a subscription; true if it is the current one. */
    boolean onUnsubscribed(Source from) {
        if (state.at != from) {
            return false;
        }
        switch (state.kind) {
            case LIVE -> {
                Past past = ((Live) state).past(time.nanos());
                // In an orderly move the next server gets the counter from this one; a late server may have been
                // replaced.
                end(from.isLate(past.endedNanos()) ? past : new Past(past.position(), null, past.endedNanos(), true));
            }
            case COUNTING, REPAIRING -> end();
            case ASKED, AWAY -> {
                return false; // the answer to an earlier unsubscribe
            }
        }
        return true;
    }

    /** The source has lost its connection. */
    void onLost(Source source) {
        if (state.at == source) {
            end();
        }
    }

    /** Ends the subscription, because it has been unwanted for a while. */
    void onReleased() {
        end();
    }

    /**
     * Called every second: ends a subscription that Redis has not answered, or that is at the wrong source.
     *
     * @param serving the source that serves the channel now; null if none is known
     */
    void onCheck(long now, @Nullable Source serving) {
        Source source = state.at;
        if (state.isUnanswered(now)) {
            end();
        } else if (source != null && hasMoved(serving != null && serving != source, now)) {
            source.unsubscribe(List.of(this));
            end();
        }
    }

    /**
     * True if another source has served the channel for a while: a server that hands over a slot in order reports it
     * itself.
     */
    private boolean hasMoved(boolean elsewhere, long now) {
        if (!elsewhere) {
            movedNanos = 0;
        } else if (movedNanos == 0) {
            movedNanos = now;
        }
        return elsewhere && now - movedNanos > MOVE_NANOS;
    }

    @Override
    public boolean wants(HistoryReading reading) {
        return switch (state.kind) {
            case LIVE -> ((Live) state).reading == reading;
            case REPAIRING -> ((Repairing) state).reading == reading;
            case AWAY, ASKED, COUNTING -> false;
        };
    }

    @Override
    public void onPage(HistoryReading reading, HistoryPage page) {
        Source source = state.at;
        if (source == null || !wants(reading)) {
            return;
        }
        reading.add(page);
        if (state instanceof Repairing repairing) {
            repairing.askedNanos = time.nanos();
        }
        if (page.next() > 0 && !page.entries().isEmpty()) {
            source.readHistory(this, reading, page.next());
        } else if (state instanceof Repairing repairing) {
            onRepaired(repairing, page.counter());
        } else if (state instanceof Live live) {
            onRead(live, reading, page);
        }
    }

    @Override
    public void onInterrupted(HistoryReading reading) {
        if (wants(reading)) {
            stopReading(true); // a repair starts again when the channel is subscribed again
        }
    }

    @Override
    public void onUnreadable(HistoryReading reading, String reason) {
        if (wants(reading)) {
            LOG.warn("Redis: cannot read a history: {}", reason);
            stopReading(false); // the channel is subscribed again, to learn the size of the loss
            if (!reading.repairs()) {
                output.refuseReplays();
            }
        }
    }

    private void stopReading(boolean readable) {
        if (state instanceof Live live) {
            live.reading = null;
        } else if (state instanceof Repairing repairing) {
            Live live = repairing.live;
            end(new Past(live.position, live.server, time.nanos(), readable));
        }
    }

    /** Begins a reading for recoveries. */
    private void read(HistoryReading reading) {
        if (state instanceof Live live) {
            live.reading = reading;
            beginReading(live.source, reading);
        }
    }

    private void beginReading(Source source, HistoryReading reading) {
        output.countReading();
        source.readHistory(this, reading, reading.first());
    }

    private void receive(Live live, Envelope envelope) {
        long missing = envelope.offset() - live.position.first(envelope.epoch());
        if (missing == 0) {
            output.deliver(live, envelope);
        } else if (missing < 0) {
            output.dropUsed(1);
            state = new Counting(live, time.nanos()); // the counter decreases in some fail-overs
            live.source.readCounter(this);
        } else if (isRepairable(live.position, envelope.epoch())) {
            repair(live, envelope.epoch());
        } else {
            output.lose(missing);
            output.deliver(live, envelope);
        }
    }

    private void goLive(Counting counting, Position counter, String server) {
        Live live = new Live(counting.source, server, counter);
        if (counting.past == null || catchUp(live, counting.past, counting.early)) {
            enter(live);
        }
    }

    /**
     * Brings the channel from {@code past} to the counter, where {@code live} is; false if it has to be repaired first.
     */
    private boolean catchUp(Live live, Past past, EarlyMessages early) {
        Position counter = live.position;
        Position before = past.position();
        boolean kept = past.isKept(live.server, time.nanos());
        long known = kept && before.reaches(counter) ? before.offset() : 0;
        List<Envelope> leading = early.takeLeadingTo(counter, known);
        if (past.isEnded()) {
            output.countResubscribed();
        } else {
            // The subscription is the previous one, so they have not arrived in another way. Missing messages up to the
            // counter are repaired or reported below.
            output.dropUsed(early.countUsed(before, counter));
        }
        if (kept && past.readable() && before.isBehind(counter) && isRepairable(before, counter.epoch())) {
            live.position = before;
            repair(live, counter.epoch());
            return false;
        }
        state = live;
        live.position = leading.isEmpty() ? counter : Position.before(leading.get(0));
        output.lose(before.lostUntil(live.position, kept));
        leading.forEach(envelope -> output.deliver(live, envelope));
        return true;
    }

    private boolean isRepairable(Position position, @Nullable String epoch) {
        return key.rule() != null && (position.isSameEpoch(epoch) || position.isStart());
    }

    /** Reads the history from the position of {@code live}; nothing is delivered meanwhile. */
    private void repair(Live live, @Nullable String epoch) {
        if (live.position.isStart()) {
            live.position = new Position(epoch, 0); // even the first message is missing
        }
        live.reading = null;
        output.forgetRecent();
        HistoryReading reading = HistoryReading.toRepair(live.position.offset() + 1);
        state = new Repairing(live, reading, time.nanos());
        beginReading(live.source, reading);
    }

    private void onRepaired(Repairing repairing, Position counter) {
        Live live = repairing.live;
        output.deliverRepaired(live, repairing.reading.entries());
        output.lose(live.position.lostUntil(counter, true));
        live.position = counter;
        enter(live);
    }

    private void onRead(Live live, HistoryReading reading, HistoryPage last) {
        live.reading = null;
        Position counter = last.counter();
        if (live.position.isBehind(counter)) {
            repair(live, counter.epoch()); // Redis has pushed a message that has not arrived
            return;
        }
        if (counter.epoch() != null && counter.isStart() && !live.position.isSameEpoch(counter.epoch())) {
            live.position = counter; // created by the reading; the previous one has expired
        }
        output.onRead(reading, last);
    }

    private void enter(Live live) {
        state = live;
        output.onLive();
    }

    private void end() {
        end(state.past(time.nanos()));
    }

    private void end(@Nullable Past past) {
        state = new Away(isWanted() ? past : null); // messages of an unwanted channel are not lost
        movedNanos = 0;
        output.forgetRecent();
    }
}
