package dev.broadcaster.redis.channel;

import dev.broadcaster.redis.channel.State.Asked;
import dev.broadcaster.redis.channel.State.Away;
import dev.broadcaster.redis.channel.State.Counting;
import dev.broadcaster.redis.channel.State.Kind;
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

    ChannelOutput output() {
        return output;
    }

    State state() {
        return state;
    }

    /** The kind of the state if it belongs to {@code from}, else {@code AWAY}. */
    private Kind kindAt(Source from) {
        return state.at == from ? state.kind : Kind.AWAY;
    }

    /** The caller subscribes the channel at {@code source}. False if it is already subscribed. */
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
        switch (kindAt(from)) {
            case LIVE -> receive((Live) state, envelope);
            case ASKED, COUNTING -> ((Subscribing) state).early.add(envelope);
            case REPAIRING -> {} // a later page has it
            case AWAY -> output.dropDuplicate();
        }
    }

    @Override
    public void onCounter(Source from, Position counter, String server) {
        switch (kindAt(from)) {
            case COUNTING -> goLive((Counting) state, counter, server);
            case ASKED -> end(); // the subscription was refused: this answer comes before the counter
            case LIVE, REPAIRING, AWAY -> {} // the answer to an earlier request
        }
    }

    @Override
    public void onRefused(Source from) {
        switch (kindAt(from)) {
            case ASKED, COUNTING, REPAIRING -> end();
            case LIVE, AWAY -> {}
        }
    }

    /** Redis has ended a subscription; true if it is the current one. */
    boolean onUnsubscribed(Source from) {
        switch (kindAt(from)) {
            case LIVE -> end(((Live) state).pastOfMove(time.nanos()));
            case COUNTING, REPAIRING -> end();
            case ASKED, AWAY -> {
                return false; // the answer to an earlier unsubscribe
            }
        }
        return true;
    }

    /** The source has lost its connection, or has been told to end the subscription. */
    void onLost(Source source) {
        if (state.at == source) {
            end();
        }
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

    /** True if another source has served the channel for a while: the server did not report that it handed it over. */
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
        return state.reading() == reading;
    }

    @Override
    public void onPage(HistoryReading reading, HistoryPage page) {
        Source source = state.at;
        if (source == null || !wants(reading)) {
            return;
        }
        boolean last = page.next() == 0 || page.entries().isEmpty();
        boolean fits = output.add(reading, page, last);
        if (state instanceof Repairing repairing) {
            repairing.askedNanos = time.nanos();
        }
        if (!fits && state instanceof Live live) {
            live.reading = null;
            output.refuseReplays();
        } else if (!last) { // a repair is continued: accepted messages would be lost
            source.readHistory(this, reading, page.next());
        } else if (state instanceof Repairing repairing) {
            output.deliverRepaired(repairing.live, reading.entries(), page.counter());
            enter(repairing.live);
        } else if (state instanceof Live live) {
            onRead(live, reading, page);
        }
    }

    @Override
    public void onFailed(HistoryReading reading, @Nullable String refusal) {
        if (!wants(reading)) {
            return;
        }
        if (refusal != null) {
            LOG.warn("Redis: cannot read a history: {}", refusal);
        }
        if (state instanceof Live live) {
            live.reading = null;
            if (refusal != null) {
                output.refuseReplays();
            }
        } else if (state instanceof Repairing repairing) {
            // The channel is subscribed again: to repair it then, or to learn the size of the loss.
            end(new Past(repairing.live.position, repairing.live.server, time.nanos(), refusal == null));
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
        Past past = counting.past;
        if (past != null) {
            Position before = past.position();
            boolean kept = past.isKept(server, time.nanos());
            List<Envelope> last =
                    counting.takeLeadingTo(counter, kept && before.reaches(counter) ? before.offset() : 0);
            if (past.isEnded()) {
                output.countResubscribed();
            } else {
                // They have not arrived in another way. Missing messages are repaired or reported below.
                output.dropUsed(counting.countUsed(before, counter));
            }
            if (kept && past.readable() && before.isBehind(counter) && isRepairable(before, counter.epoch())) {
                live.position = before;
                repair(live, counter.epoch());
                return;
            }
            state = live;
            output.catchUp(live, before, kept, last);
        }
        enter(live);
    }

    private boolean isRepairable(Position position, @Nullable String epoch) {
        return key.rule() != null && (position.isSameEpoch(epoch) || position.isStart());
    }

    /** Reads the history from the position of {@code live}; nothing is delivered meanwhile. */
    private void repair(Live live, @Nullable String epoch) {
        output.forgetRecent();
        Repairing repairing = new Repairing(live, epoch, time.nanos());
        state = repairing;
        beginReading(live.source, repairing.reading);
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
        state = new Away(output.isWanted() ? past : null); // messages of an unwanted channel are not lost
        movedNanos = 0;
        output.forgetRecent();
    }
}
