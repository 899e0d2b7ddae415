package dev.broadcaster.redis.channel;

import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a received channel. Each state has the fields that mean something in it, and no others.
 *
 * <pre>
 * Away → Asked → Counting → Live ⇄ Repairing
 *                    ↑_______|
 * </pre>
 *
 * <p>Every state but {@code Away} belongs to one source. It becomes {@code Away} when the source is lost, refuses, ends the
 * subscription, or does not answer in time. Owned by the event loop.
 */
abstract sealed class State {
    /** One constant per state, for {@code switch}. */
    enum Kind {
        AWAY,
        ASKED,
        COUNTING,
        LIVE,
        REPAIRING
    }

    /** The time that Redis certainly keeps the counter of a channel. */
    private static final long COUNTER_NANOS = Position.COUNTER_SECONDS * 1_000_000_000L / 2;
    /** A channel that Redis has not answered for this time is subscribed again. */
    private static final long ANSWER_NANOS = 3_000_000_000L;

    /**
     * The position and the server of a channel when it was last live.
     *
     * @param server the process of Redis of the position; null after an orderly move, when it does not matter
     * @param endedNanos the time at which the subscription ended; 0 if it has not
     * @param readable false if the history could not be read: missing messages are lost
     */
    record Past(Position position, @Nullable String server, long endedNanos, boolean readable) {
        boolean isEnded() {
            return endedNanos != 0;
        }

        /**
         * True if Redis certainly still has the counter at {@code now}: the same process, or moved in order, and within
         * the lifetime.
         */
        boolean isKept(String serverNow, long now) {
            return (server == null || server.equals(serverNow)) && (!isEnded() || now - endedNanos < COUNTER_NANOS);
        }

        private Past endedAt(long now) {
            return isEnded() ? this : new Past(position, server, now, readable);
        }
    }

    final Kind kind;

    /** The Redis at which the channel is subscribed, or being subscribed; null if away. */
    final @Nullable Source at;

    private State(Kind kind, @Nullable Source at) {
        this.kind = kind;
        this.at = at;
    }

    /** The position of the last message that was delivered or reported as lost; null if none was. */
    abstract @Nullable Position position();

    /** The past if the state ends at {@code now}; null if the channel never was live. */
    abstract @Nullable Past past(long now);

    /** The reading of the history that is in progress; null if there is none. */
    @Nullable
    HistoryReading reading() {
        return null;
    }

    /** True if Redis has not answered for too long. */
    boolean isUnanswered(long now) {
        return false;
    }

    private static boolean isOld(long askedNanos, long now) {
        return now - askedNanos > ANSWER_NANOS;
    }

    private static @Nullable Position positionOf(@Nullable Past past) {
        return past == null ? null : past.position;
    }

    private static @Nullable Past endedAt(@Nullable Past past, long now) {
        return past == null ? null : past.endedAt(now);
    }

    /** Not subscribed anywhere. */
    static final class Away extends State {
        final @Nullable Past past;

        Away(@Nullable Past past) {
            super(Kind.AWAY, null);
            this.past = past;
        }

        @Override
        @Nullable
        Position position() {
            return positionOf(past);
        }

        @Override
        @Nullable
        Past past(long now) {
            return past;
        }
    }

    /** Redis has not confirmed the subscription, or has not sent the counter; pushes meanwhile are set aside. */
    abstract static sealed class Subscribing extends State {
        final Source source;
        final @Nullable Past past;
        final long askedNanos;
        final List<Envelope> early; // in the order of the pushes

        private Subscribing(Kind kind, Source source, @Nullable Past past, long askedNanos, List<Envelope> early) {
            super(kind, source);
            this.source = source;
            this.past = past;
            this.askedNanos = askedNanos;
            this.early = early;
        }

        @Override
        @Nullable
        Position position() {
            return positionOf(past);
        }

        @Override
        @Nullable
        Past past(long now) {
            return endedAt(past, now);
        }

        @Override
        boolean isUnanswered(long now) {
            return isOld(askedNanos, now);
        }
    }

    /** The subscribe command is written, and Redis has not confirmed it. */
    static final class Asked extends Subscribing {
        Asked(Source source, @Nullable Past past, long askedNanos) {
            super(Kind.ASKED, source, past, askedNanos, new ArrayList<>(0));
        }
    }

    /** Subscribed; the counter is being read. */
    static final class Counting extends Subscribing {
        /** The subscription of {@code asked} is confirmed. */
        Counting(Asked asked) {
            super(Kind.COUNTING, asked.source, asked.past, asked.askedNanos, asked.early);
        }

        /** The counter of {@code live} is read again. */
        Counting(Live live, long askedNanos) {
            super(
                    Kind.COUNTING,
                    live.source,
                    new Past(live.position, live.server, 0, true),
                    askedNanos,
                    new ArrayList<>(0));
        }

        /**
         * Removes and returns the longest run of consecutive early messages that ends at {@code counter}.
         *
         * @param known messages up to this offset were delivered before, and stay; 0 for none
         */
        List<Envelope> takeLeadingTo(Position counter, long known) {
            Deque<Envelope> leading = new ArrayDeque<>();
            Position next = counter;
            for (int i = early.size() - 1; i >= 0; i--) {
                Envelope envelope = early.get(i);
                if (envelope.offset() > known && envelope.position().equals(next)) {
                    early.remove(i);
                    leading.addFirst(envelope);
                    next = Position.before(envelope);
                }
            }
            return List.copyOf(leading);
        }

        /** The number of early messages that are not between {@code last} and {@code counter}: their offsets were used. */
        int countUsed(Position last, Position counter) {
            int used = 0;
            for (Envelope envelope : early) {
                boolean between = counter.isSameEpoch(envelope.epoch())
                        && last.isSameEpoch(envelope.epoch())
                        && envelope.offset() > last.offset()
                        && envelope.offset() <= counter.offset();
                used += between ? 0 : 1;
            }
            return used;
        }
    }

    /** The position is known: from here on every missing message is noticed. */
    static final class Live extends State {
        final Source source;
        final String server;
        Position position; // of the last message, or of the counter if no message has arrived since

        @Nullable
        HistoryReading reading; // for recoveries; null if there is none

        Live(Source source, String server, Position position) {
            super(Kind.LIVE, source);
            this.source = source;
            this.server = server;
            this.position = position;
        }

        @Override
        Position position() {
            return position;
        }

        @Override
        Past past(long now) {
            return new Past(position, server, now, true);
        }

        /**
         * The past if Redis itself ends the subscription at {@code now}. In an orderly move the next server gets the
         * counter from this one; a late server may have been replaced.
         */
        Past pastOfMove(long now) {
            return new Past(position, source.isLate(now) ? server : null, now, true);
        }

        @Override
        @Nullable
        HistoryReading reading() {
            return reading;
        }
    }

    /** Messages are missing: nothing is delivered until the history has been read from the position on. */
    static final class Repairing extends State {
        final Live live; // the same before and after the repair; its position moves meanwhile
        final HistoryReading reading;
        long askedNanos;

        /**
         * Takes the place of {@code live}, whose reading is not wanted any more.
         *
         * @param epoch of the missing messages
         */
        Repairing(Live live, @Nullable String epoch, long askedNanos) {
            super(Kind.REPAIRING, live.source);
            this.live = live;
            this.askedNanos = askedNanos;
            live.reading = null;
            if (live.position.isStart()) {
                live.position = new Position(epoch, 0); // even the first message is missing
            }
            this.reading = HistoryReading.toRepair(live.position.offset() + 1);
        }

        @Override
        HistoryReading reading() {
            return reading;
        }

        @Override
        Position position() {
            return live.position;
        }

        @Override
        Past past(long now) {
            return live.past(now);
        }

        @Override
        boolean isUnanswered(long now) {
            return isOld(askedNanos, now);
        }
    }
}
