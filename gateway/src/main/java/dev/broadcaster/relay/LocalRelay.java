package dev.broadcaster.relay;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.time.Time;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The relay of a single node: in process, without a dependency. It accepts every publish, unless the node does not keep
 * up, and never loses a message. A history lives as long as the process, and as long as memory allows ({@link Kept}).
 *
 * <p>The order of a channel is the order of its {@link Lane}: the listener is called by one thread at a time, a history
 * has one owner, and no lock is held.
 */
public final class LocalRelay implements Relay {
    private static final int LANES = 64;
    /** The largest size of the payloads in one answer; a single message may be larger. */
    private static final int MAX_PAGE_BYTES = 512 * 1024;
    /** The length of an epoch: random enough to be unique. */
    private static final int EPOCH_LENGTH = 10;
    /** The heap bytes of a publish that waits for a lane, without its texts: tasks, a message, a callback. */
    private static final long WAITING_BYTES = 512;

    private final Time time;
    private final MessageIds ids;
    private final Timestamps timestamps;
    private final HistoryConfig history;
    private final long startNanos;
    private final Account publishes;
    private final IdempotencyKeys keys;
    private final List<Lane> lanes;
    private final Kept kept;
    private volatile @Nullable RelayListener listener;

    /** A relay that delivers when {@link #start} has been called. */
    public LocalRelay(Time time, MessageIds ids, Timestamps timestamps, HistoryConfig history, MemoryBudget budget) {
        this.time = time;
        this.ids = ids;
        this.timestamps = timestamps;
        this.history = history;
        this.startNanos = time.nanos();
        this.publishes = budget.account(Purpose.PUBLISHES);
        Account account = budget.account(Purpose.HISTORY);
        this.keys = new IdempotencyKeys(account);
        this.lanes = Stream.generate(() -> new Lane(new HistoryLogs(this::newEpoch, account)))
                .limit(LANES)
                .toList();
        this.kept = new Kept(account, lanes, keys);
    }

    private String newEpoch() {
        String id = ids.next();
        return id.substring(id.length() - EPOCH_LENGTH);
    }

    /** The time since the start, so that times can be compared. */
    private long now() {
        return time.nanos() - startNanos;
    }

    @Override
    public void start(RelayListener listener) {
        this.listener = listener;
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        RelayListener to = listener;
        if (to == null) {
            throw new IllegalStateException("not started");
        }
        Lane lane = lane(publication.channel());
        long waiting = lane.isBusy() ? bytes(publication) : 0;
        if (to.refusesPublish() || (waiting != 0 && !publishes.tryTake(waiting))) {
            callback.onOutcome(PublishOutcome.NotPublished.BUSY);
            return;
        }
        HistoryConfig.Rule rule = history.of(publication.channel());
        if (rule != null) {
            lane.run(() -> {
                giveBack(waiting);
                publishKept(to, lane, rule, publication, callback);
            });
        } else {
            publishUnkept(to, lane, publication, waiting, callback);
        }
        kept.makeRoom();
    }

    private static long bytes(Publication publication) {
        return WAITING_BYTES
                + HeapBytes.bytes(publication.event().length)
                + HeapBytes.bytes(publication.payload().length)
                + HeapBytes.latin1(publication.channel());
    }

    private void giveBack(long waiting) {
        if (waiting != 0) {
            publishes.add(-waiting);
        }
    }

    /**
     * @param waiting the bytes that it takes of the account while it waits
     */
    private void publishUnkept(
            RelayListener to, Lane lane, Publication publication, long waiting, PublishCallback callback) {
        PublishOutcome.Accepted accepted =
                new PublishOutcome.Accepted(ids.next(), timestamps.format(time.epochMillis()));
        PublishOutcome outcome = keys.first(publication, accepted, now());
        if (outcome == accepted) {
            Message message = message(accepted, publication.channel(), publication);
            lane.run(() -> {
                giveBack(waiting);
                to.onMessage(message);
            });
        } else {
            giveBack(waiting);
        }
        callback.onOutcome(outcome);
    }

    /**
     * Answers before it delivers, because no other thread may do the rest: the publisher's own copy must come second.
     */
    private void publishKept(
            RelayListener to, Lane lane, HistoryConfig.Rule rule, Publication publication, PublishCallback callback) {
        long now = now();
        HistoryLog log = lane.histories.open(publication.channel(), rule, now);
        PublishOutcome.Accepted accepted =
                new PublishOutcome.Accepted(log.nextId().toString(), timestamps.format(time.epochMillis()));
        PublishOutcome outcome = keys.first(publication, accepted, now);
        Message message = message(accepted, log.channel(), publication);
        if (outcome == accepted) {
            lane.histories.add(log, message, now);
        }
        try {
            callback.onOutcome(outcome);
        } finally {
            if (outcome == accepted) {
                to.onMessage(message);
            }
        }
    }

    private static Message message(PublishOutcome.Accepted accepted, String channel, Publication publication) {
        return new Message(accepted.id(), accepted.createTime(), channel, publication.event(), publication.payload());
    }

    private Lane lane(String channel) {
        return lanes.get((channel.hashCode() & Integer.MAX_VALUE) % LANES);
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        callback.onSubscribed();
    }

    @Override
    public void unsubscribe(String channel) {}

    @Override
    public void replay(String channel, Replay replay, ReplayCallback callback) {
        HistoryConfig.Rule rule = history.of(channel);
        if (rule == null) {
            callback.onReplayed(Replayed.NO_HISTORY);
            return;
        }
        String lastSeenId = replay.lastSeenId();
        HistoryId lastSeen = lastSeenId == null ? null : HistoryId.parse(lastSeenId);
        Lane lane = lane(channel);
        lane.run(() -> {
            long now = now();
            HistoryLog log = lane.histories.open(channel, rule, now);
            List<Message> missed = lastSeen == null ? null : log.after(lastSeen, now);
            List<Message> messages = missed == null ? log.newest(replay.last(), now) : missed;
            callback.onReplayed(
                    new Replayed(missed != null, messages, log.lastId().toString()));
        });
        kept.makeRoom();
    }

    @Override
    public void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        if (history.of(channel) == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        Lane lane = lane(channel);
        lane.run(() -> {
            long now = now();
            callback.onOutcome(read(lane.histories.find(channel, now), afterId, limit, now));
        });
    }

    @Override
    public void extent(String channel, HistoryCallback callback) {
        if (history.of(channel) == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        Lane lane = lane(channel);
        lane.run(() -> {
            long now = now();
            HistoryLog log = lane.histories.find(channel, now);
            callback.onOutcome(
                    log == null
                            ? new HistoryOutcome.Extent(0, null)
                            : new HistoryOutcome.Extent(
                                    log.kept(now), log.lastId().toString()));
        });
    }

    @Override
    public void deleteHistory(String channel, HistoryCallback callback) {
        if (history.of(channel) == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        Lane lane = lane(channel);
        lane.run(() -> {
            lane.histories.delete(channel);
            callback.onOutcome(new HistoryOutcome.Deleted());
        });
    }

    private static HistoryOutcome read(@Nullable HistoryLog log, @Nullable String afterId, int limit, long now) {
        HistoryId after = afterId == null ? null : HistoryId.parse(afterId);
        if (afterId != null && (log == null || after == null)) {
            return new HistoryOutcome.NotKept();
        }
        return log == null ? new HistoryOutcome.Page(List.of(), false) : log.page(after, limit, MAX_PAGE_BYTES, now);
    }

    @Override
    public boolean acceptsHereOnly() {
        return true;
    }

    @Override
    public @Nullable String trouble() {
        return null;
    }

    @Override
    public void close() {}
}
