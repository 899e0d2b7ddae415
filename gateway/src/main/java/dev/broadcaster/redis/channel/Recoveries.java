package dev.broadcaster.redis.channel;

import dev.broadcaster.budget.Account;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.redis.channel.State.Live;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The clients that wait for a replay, by channel. One reading of the history at a time serves all waiting clients, and
 * its result serves those of the next two seconds. A client is answered when the channel is exactly at the end of the
 * answer, so the next message of the listener follows the answer. The cost of a reading, and of a client, does not
 * depend on the number of other channels and clients. Owned by the event loop.
 */
final class Recoveries {
    /** The time that the messages of a reading serve other clients. */
    private static final long RECENT_NANOS = 2_000_000_000L;
    /** The limit of their heap bytes for one channel. */
    private static final long MAX_RECENT_BYTES = 8 << 20;

    private final Predicate<String> isServing;
    private final Time time;
    private final Account account; // of the messages of unfinished readings, and the recent messages, of all channels
    private final UnfinishedReadings unfinished;
    private final Set<OfChannel> waiting = new LinkedHashSet<>();
    private final Map<OfChannel, Long> remembering = new LinkedHashMap<>(); // with their reading times, oldest first
    private long asked; // the number of the latest recovery

    /**
     * @param isServing true if the server with a name serves a partition
     * @param account counts the messages of readings; when it is full, a reading serves only the clients that wait for it
     */
    Recoveries(Predicate<String> isServing, Account account, Time time) {
        this.isServing = isServing;
        this.account = account;
        this.unfinished = new UnfinishedReadings(account);
        this.time = time;
    }

    /**
     * The recoveries of a channel.
     *
     * @param reader starts a reading; called when the channel is live and no other reading is in progress
     */
    OfChannel of(String channel, HistoryConfig.Rule rule, Supplier<State> state, Consumer<HistoryReading> reader) {
        return new OfChannel(channel, rule, state, reader);
    }

    /** Refuses clients whose deadline has passed, and drops messages of old readings. */
    void onTick(long now) {
        waiting.removeIf(channel -> channel.expire(now));
        unfinished.onTick();
        for (Iterator<Map.Entry<OfChannel, Long>> i = remembering.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<OfChannel, Long> oldest = i.next();
            if (now - oldest.getValue() <= RECENT_NANOS) {
                break;
            }
            i.remove();
            oldest.getKey().forgetRecent();
        }
    }

    private boolean isFull() {
        return account.used() > account.limit();
    }

    /** Drops messages of ended readings, the oldest first, until the account is not full. False if it stays full. */
    private boolean makeRoom() {
        for (Iterator<OfChannel> i = remembering.keySet().iterator(); isFull() && i.hasNext(); ) {
            OfChannel oldest = i.next();
            i.remove();
            oldest.forgetRecent();
        }
        return !isFull();
    }

    /** The recoveries of one channel. */
    final class OfChannel {
        private final String channel;
        private final HistoryConfig.Rule rule;
        private final Supplier<State> state;
        private final Consumer<HistoryReading> reader;
        private final List<Recovery> recoveries = new ArrayList<>(0);
        private @Nullable RecentMessages recent; // recoveries may be answered from these
        private long recentUntilNanos;

        private OfChannel(
                String channel, HistoryConfig.Rule rule, Supplier<State> state, Consumer<HistoryReading> reader) {
            this.channel = channel;
            this.rule = rule;
            this.state = state;
            this.reader = reader;
        }

        /** Answers a client at once if possible, else after a reading, before {@code deadline}. */
        void add(Replay replay, ReplayCallback callback, long deadline) {
            Recovery recovery = Recovery.of(++asked, replay, callback, deadline);
            if (!answer(recovery, null)) {
                recoveries.add(recovery);
                waiting.add(this);
                readIfNeeded();
            }
        }

        /** The channel is live: answers the waiting clients, from recent messages or after a reading. */
        void onLive() {
            answerAll(null);
        }

        /** A page has arrived; false if another one is outstanding, and there is no memory for it. */
        boolean add(HistoryReading reading, HistoryPage page, boolean last) {
            reading.add(page);
            if (last) {
                unfinished.end(reading);
                return true;
            }
            unfinished.add(reading, page, state);
            if (makeRoom()) {
                return true;
            }
            account.countRefusal();
            return false;
        }

        /** The history has been read, and the channel is at the counter of the last page. */
        void onRead(HistoryReading reading, HistoryPage last) {
            Position counter = last.counter();
            String epoch = counter.epoch();
            forget();
            if (epoch != null) {
                long now = time.nanos();
                // After some fail-overs the history lacks messages that clients have seen.
                recent = new RecentMessages(epoch, reading.first(), last.isWhole(isServing), account::add);
                for (HistoryPage.Entry entry : reading.entries()) {
                    Envelope envelope = entry.envelope();
                    if (epoch.equals(envelope.epoch())) {
                        recent.add(envelope.message(channel), envelope.offset(), entry.expiresNanos());
                    }
                }
                recent.endAt(counter.offset());
                recentUntilNanos = now + Math.min(RECENT_NANOS, rule.ttl().toNanos());
                remembering.put(this, now);
            }
            answerAll(reading);
            if (isFull()) {
                forget();
            }
        }

        /** The listener has received {@code message}. */
        void onDelivered(Envelope envelope, Message message) {
            if (recent == null) {
                return;
            }
            boolean follows = recent.isOf(envelope.epoch()) && envelope.offset() == recent.end() + 1;
            if (!envelope.kept() || !follows || recent.bytes() > MAX_RECENT_BYTES || isFull()) {
                forget();
                return;
            }
            recent.add(message, envelope.offset(), time.nanos() + rule.ttl().toNanos());
        }

        /** The history cannot be read. */
        void refuse() {
            List<Recovery> refused = List.copyOf(recoveries);
            recoveries.clear();
            refuse(refused);
        }

        /** Stops answering clients from an earlier reading. */
        void forgetRecent() {
            if (recent != null) {
                recent.drop();
                recent = null;
            }
        }

        private void forget() {
            forgetRecent();
            remembering.remove(this);
        }

        /** Refuses clients whose deadline has passed; true if no client waits. */
        private boolean expire(long now) {
            List<Recovery> late = new ArrayList<>(0);
            recoveries.removeIf(recovery -> now - recovery.deadline() >= 0 && late.add(recovery));
            refuse(late);
            return recoveries.isEmpty();
        }

        private void refuse(List<Recovery> refused) {
            Position position = state.get().position();
            String id = position == null ? null : position.id();
            refused.forEach(recovery -> recovery.refuse(id));
        }

        /** @param reading the reading that has just ended; null if none has */
        private void answerAll(@Nullable HistoryReading reading) {
            if (recoveries.isEmpty()) {
                return;
            }
            List<Recovery> waited = List.copyOf(recoveries);
            recoveries.clear();
            for (Recovery recovery : waited) {
                if (!answer(recovery, reading)) {
                    recoveries.add(recovery);
                }
            }
            readIfNeeded();
        }

        /** Starts a reading for the waiting clients, unless one is in progress. */
        private void readIfNeeded() {
            if (recoveries.isEmpty() || !(state.get() instanceof Live live) || live.reading != null) {
                return;
            }
            long first = Long.MAX_VALUE;
            for (Recovery recovery : recoveries) {
                first = Math.min(first, recovery.first(live.position));
            }
            reader.accept(HistoryReading.toRecover(first, asked));
        }

        /**
         * Answers {@code recovery} if that is possible.
         *
         * @param reading the reading that has just ended; null if none has
         * @return true if it was answered
         */
        private boolean answer(Recovery recovery, @Nullable HistoryReading reading) {
            // A message from this offset on that the reading does not have is not kept.
            long readFrom =
                    reading != null && reading.isFinalFor(recovery.number()) ? reading.first() : Recovery.NOT_READ;
            boolean read = readFrom != Recovery.NOT_READ;
            State now = state.get();
            Position position = now.position();
            String id = position == null ? null : position.id();
            if (position == null || id == null) {
                if (read) {
                    recovery.refuse(null); // the counter could not even be created
                }
                return read;
            }
            if (recovery.wantsPositionOnly()) {
                recovery.answer(List.of(), id);
                return true;
            }
            if (now.kind != State.Kind.LIVE) {
                return false;
            }
            long nanos = time.nanos();
            RecentMessages usable = usable(position, nanos);
            HistoryId lastSeen = recovery.lastSeen();
            List<Message> missed =
                    usable == null || lastSeen == null ? null : usable.after(lastSeen, rule.size(), nanos);
            if (missed != null) {
                recovery.complete(missed, id);
                return true;
            }
            if (recovery.mayBeComplete(position, rule.size(), readFrom)) {
                return false;
            }
            List<Message> newest = usable == null ? null : usable.newest(recovery.last(), rule.size(), nanos);
            if (recovery.last() == 0 || newest != null) {
                recovery.answer(newest == null ? List.of() : newest, id);
            } else if (read) {
                recovery.refuse(id);
            } else {
                return false;
            }
            return true;
        }

        /** The recent messages if they end at {@code position} and are recent enough, else null. */
        private @Nullable RecentMessages usable(Position position, long now) {
            return recent == null || now - recentUntilNanos > 0 || !recent.endsAt(position) ? null : recent;
        }
    }
}
