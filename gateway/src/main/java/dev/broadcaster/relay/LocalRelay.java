package dev.broadcaster.relay;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay of the only node there is: in process, without a dependency. Every publish is accepted, and nothing is ever
 * lost; a history lives as long as the process.
 *
 * <p>The order of a channel is the order of its lane. Whoever finds a lane idle does what lies in it, also what others put
 * there meanwhile, so the listener is called by one thread at a time, a history has one owner, and no lock is held.
 */
public final class LocalRelay implements Relay {
    private static final Logger LOG = LoggerFactory.getLogger(LocalRelay.class);

    private static final int LANES = 64;
    /** Of payloads in one answer, but one message always. */
    private static final int MAX_PAGE_BYTES = 512 * 1024;
    /** Of an id: random enough to name the life of a counter. */
    private static final int EPOCH_LENGTH = 10;

    private static final class Lane {
        final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        final AtomicInteger waiting = new AtomicInteger();
        final HistoryLogs histories;

        Lane(HistoryLogs histories) {
            this.histories = histories;
        }
    }

    private final Time time;
    private final MessageIds ids;
    private final Timestamps timestamps;
    private final IdempotencyKeys keys;
    private final HistoryConfig history;
    private final Lane[] lanes = new Lane[LANES];
    private volatile @Nullable RelayListener listener;

    /**
     * A relay that delivers once {@link #start} is called.
     *
     * @param maxHistoryBytes what all histories together may hold; beyond it, those that are least published to go
     */
    public LocalRelay(Time time, MessageIds ids, Timestamps timestamps, HistoryConfig history, long maxHistoryBytes) {
        this.time = time;
        this.ids = ids;
        this.timestamps = timestamps;
        this.keys = new IdempotencyKeys(time);
        this.history = history;
        AtomicLong totalBytes = new AtomicLong();
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane(new HistoryLogs(this::newEpoch, maxHistoryBytes, totalBytes));
        }
    }

    private String newEpoch() {
        String id = ids.next();
        return id.substring(id.length() - EPOCH_LENGTH);
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
        HistoryConfig.Rule rule = history.of(publication.channel());
        if (rule != null) {
            Lane lane = lane(publication.channel());
            run(lane, () -> publishKept(to, lane, rule, publication, callback));
            return;
        }
        String id = ids.next();
        PublishOutcome.Accepted accepted = new PublishOutcome.Accepted(id, timestamps.format(time.epochMillis()));
        PublishOutcome outcome = keys.first(publication, accepted);
        if (outcome == accepted) {
            Message message = message(accepted, publication);
            run(lane(publication.channel()), () -> to.onMessage(message));
        }
        callback.onOutcome(outcome);
    }

    /** Answers before it delivers, because no other thread may do the rest: the publisher's own copy comes second. */
    private void publishKept(
            RelayListener to, Lane lane, HistoryConfig.Rule rule, Publication publication, PublishCallback callback) {
        long now = time.nanos();
        HistoryLog log = lane.histories.open(publication.channel(), rule, now);
        PublishOutcome.Accepted accepted =
                new PublishOutcome.Accepted(log.nextId().toString(), timestamps.format(time.epochMillis()));
        PublishOutcome outcome = keys.first(publication, accepted);
        Message message = message(accepted, publication);
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

    private static Message message(PublishOutcome.Accepted accepted, Publication publication) {
        return new Message(
                accepted.id(),
                accepted.createTime(),
                publication.channel(),
                publication.event(),
                publication.payload());
    }

    private Lane lane(String channel) {
        return lanes[(channel.hashCode() & Integer.MAX_VALUE) % LANES];
    }

    /**
     * Runs {@code task} in the lane's order: now, or by whoever has the lane right now. Whatever a task throws, the lane goes
     * on; an {@code Error} is fatal, and thrown to the caller after the last task.
     */
    private static void run(Lane lane, Runnable task) {
        lane.tasks.add(task);
        if (lane.waiting.getAndIncrement() != 0) {
            return;
        }
        Error fatal = null;
        boolean more = true;
        while (more) {
            try {
                guard(lane.tasks.poll());
            } catch (Error e) {
                fatal = e;
            } finally {
                more = lane.waiting.decrementAndGet() != 0;
            }
        }
        if (fatal != null) {
            throw fatal;
        }
    }

    private static void guard(@Nullable Runnable task) {
        if (task == null) {
            return;
        }
        try {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("a listener or a callback failed", e);
            }
        } catch (Error e) {
            throw Fatal.end(e);
        }
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
        run(lane, () -> {
            long now = time.nanos();
            HistoryLog log = lane.histories.open(channel, rule, now);
            List<Message> missed = lastSeen == null ? null : log.after(lastSeen, now);
            List<Message> messages = missed == null ? log.newest(replay.last(), now) : missed;
            callback.onReplayed(
                    new Replayed(missed != null, messages, log.lastId().toString()));
        });
    }

    @Override
    public void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        if (history.of(channel) == null) {
            callback.onOutcome(new HistoryOutcome.NoHistory());
            return;
        }
        Lane lane = lane(channel);
        run(lane, () -> {
            long now = time.nanos();
            callback.onOutcome(read(lane.histories.find(channel, now), afterId, limit, now));
        });
    }

    private static HistoryOutcome read(@Nullable HistoryLog log, @Nullable String afterId, int limit, long now) {
        List<Message> messages = log == null ? List.of() : log.newest(Integer.MAX_VALUE, now);
        if (afterId != null) {
            HistoryId id = HistoryId.parse(afterId);
            messages = log == null || id == null ? null : log.after(id, now);
        }
        if (messages == null) {
            return new HistoryOutcome.NotKept();
        }
        int count = 0;
        for (long bytes = 0; count < Math.min(limit, messages.size()); count++) {
            bytes += messages.get(count).payload().length;
            if (count > 0 && bytes > MAX_PAGE_BYTES) {
                break;
            }
        }
        return new HistoryOutcome.Page(messages.subList(0, count), count < messages.size());
    }

    @Override
    public @Nullable String trouble() {
        return null;
    }

    @Override
    public void close() {}
}
