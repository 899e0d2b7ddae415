package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.channel.ReceivedChannels;
import dev.broadcaster.redis.link.PublishCommand;
import dev.broadcaster.redis.link.PublishCommands;
import dev.broadcaster.redis.link.RedisDriver;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay of a fleet joined by Redis or Valkey: standalone, with Sentinel, or a cluster. Each message gets an offset in its
 * channel, in one atomic step with its publish, so every node knows exactly which messages it has missed. A publish is
 * answered once and never sent twice.
 *
 * <p>One event loop owns everything ({@link RelayLoop}). The calls of other threads become its tasks ({@link Turns}).
 */
public final class RedisRelay implements Relay {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRelay.class);
    private static final long TICK_NANOS = 100_000_000L;
    /** The heap bytes of a publish in flight without its texts: tasks, a command, a callback. */
    private static final long PUBLISH_BYTES = 1024;

    private final RedisConfig config;
    private final HistoryConfig history;
    private final PublishCommands commands;
    private final Time time;
    private final TimingWheel wheel;
    private final RandomGenerator random;
    private final RelayMetrics metrics;
    private final Account publishes;
    private final Account subscriptions;
    private final Account histories;
    private final RedisDriver driver;
    private final Turns<RelayLoop> turns;
    private volatile @Nullable String trouble = "Redis: connecting";
    private volatile double probeAgeSeconds;
    private volatile boolean closed;
    private volatile @Nullable RelayListener listener;
    private volatile @Nullable Watcher watcher;

    private final TimingWheel.Timer ticker = new TimingWheel.Timer() {
        @Override
        protected void onExpired() {
            turns.offer(RedisRelay.this::tick);
            if (!closed) {
                wheel.schedule(this, TICK_NANOS);
            }
        }
    };

    /**
     * A relay that connects when {@link #start} has been called.
     *
     * @param random for delays, and for the name of this node's probes
     * @param publishes counts the bytes of unanswered publishes, and limits them
     * @param subscriptions counts the bytes of channels without a subscriber that are still received
     * @param histories counts the bytes of messages that answer recoveries
     * @param afterwards runs a task on the calling thread, after the current one
     */
    public RedisRelay(
            RedisConfig config,
            HistoryConfig history,
            Time time,
            TimingWheel wheel,
            MessageIds ids,
            Timestamps timestamps,
            RandomGenerator random,
            Metrics metrics,
            Account publishes,
            Account subscriptions,
            Account histories,
            Executor afterwards) {
        this.publishes = publishes;
        this.subscriptions = subscriptions;
        this.histories = histories;
        this.config = config;
        this.driver = new RedisDriver(config.access());
        this.turns = new Turns<>(driver::execute, afterwards, this::endTurn);
        this.history = history;
        this.time = time;
        this.wheel = wheel;
        this.random = random;
        this.metrics = metrics.relay();
        this.commands = new PublishCommands(config.url().isCluster(), config.names(), history, ids, timestamps, time);
        metrics.gauge("relay.up", "", "1 while the relay is proved to deliver", this, r -> r.trouble == null ? 1 : 0);
        metrics.gauge(
                "relay.probe.age",
                "seconds",
                "Age of the latest returned probe, from its sending, of the worst link",
                this,
                relay -> relay.probeAgeSeconds);
    }

    @Override
    public void start(RelayListener listener) {
        this.listener = listener;
        turns.start(new RelayLoop(
                config, driver, commands, history, listener, turns, subscriptions, histories, time, random, metrics));
        LOG.info("relay: Redis at {}, prefix {}", config.url(), config.prefix());
        wheel.schedule(ticker, 0);
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        if (closed) {
            callback.onOutcome(new PublishOutcome.NotPublished("not published: " + Reasons.STOPPING));
            return;
        }
        RelayListener to = listener;
        long bytes = bytes(publication);
        if ((to != null && to.refusesPublish()) || !publishes.tryTake(bytes)) {
            metrics.countPublish(RelayMetrics.Outcome.NOT_PUBLISHED);
            callback.onOutcome(PublishOutcome.NotPublished.BUSY);
            return;
        }
        PublishCommand command = commands.publish(publication, outcome -> {
            publishes.add(-bytes);
            callback.onOutcome(outcome);
        });
        turns.offer(loop -> loop.links().send(command));
    }

    /** The heap bytes of an unanswered publish: there are two copies of its texts, in the request and in the command. */
    private static long bytes(Publication publication) {
        int texts = publication.event().length
                + publication.payload().length
                + 2 * publication.channel().length();
        return PUBLISH_BYTES + 2 * HeapBytes.bytes(texts);
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        turns.offer(loop -> loop.channels().subscribe(channel, callback));
    }

    @Override
    public long channelBytes(String channel) {
        return ReceivedChannels.bytes(channel, config.names(), history);
    }

    @Override
    public void unsubscribe(String channel) {
        subscriptions.add(ReceivedChannels.bytes(channel, config.names(), history));
        turns.offer(loop -> loop.channels().unsubscribe(channel));
    }

    @Override
    public void replay(String channel, Replay replay, ReplayCallback callback) {
        if (history.of(channel) == null) {
            callback.onReplayed(Replayed.NO_HISTORY);
            return;
        }
        turns.offer(loop -> loop.channels().replay(channel, replay, callback));
    }

    @Override
    public void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        turns.offer(loop -> loop.links().histories().read(channel, afterId, limit, callback));
    }

    @Override
    public void extent(String channel, HistoryCallback callback) {
        turns.offer(loop -> loop.links().histories().extent(channel, callback));
    }

    @Override
    public void deleteHistory(String channel, HistoryCallback callback) {
        turns.offer(loop -> loop.links().histories().delete(channel, outcome -> {
            loop.channels().forgetRecent(channel);
            callback.onOutcome(outcome);
        }));
    }

    /** Stops answering clients of {@code channel} from an earlier reading of its history. */
    void forgetRecent(String channel) {
        turns.offer(loop -> loop.channels().forgetRecent(channel));
    }

    /** The state of the fleet that the relay joins. */
    FleetState fleetState(
            String node, int partition, Revocations revocations, Supplier<String> versions, Runnable onLearned) {
        return new FleetState(
                node,
                partition,
                config.names(),
                revocations,
                (script, of, keys, arguments, callback) ->
                        turns.state().links().state().run(script, of, keys, arguments, callback),
                versions,
                onLearned);
    }

    /** Sets the listener of {@link #trouble}, before {@link #start}. */
    void watch(Watcher newWatcher) {
        watcher = newWatcher;
    }

    /**
     * Learns when the relay becomes unreliable, and reliable again, before {@link RedisRelay#trouble} tells it. Called on
     * the event loop.
     */
    interface Watcher {
        void onAway();

        void onBack();
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    /** Answers all publishes and ends every connection. Blocks briefly; must not be called on the event loop. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wheel.cancel(ticker);
        CountDownLatch ended = new CountDownLatch(1);
        turns.offer(loop -> {
            loop.close();
            ended.countDown();
        });
        try {
            if (!ended.await(2, TimeUnit.SECONDS)) {
                LOG.warn("the relay's event loop did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        driver.close();
    }

    private void tick(RelayLoop loop) {
        loop.onTick(TICK_NANOS);
        probeAgeSeconds = loop.links().probeAge() / 1e9;
    }

    /** Queues a task for the loop, in the order of the calls of a thread. */
    void offer(Consumer<RelayLoop> task) {
        turns.offer(task);
    }

    /** Called when the queued tasks have run. On the event loop. */
    private void endTurn(RelayLoop loop) {
        loop.finishTurn();
        String now = loop.trouble();
        Watcher to = watcher;
        if (to != null && (now == null) != (trouble == null)) {
            if (now == null) {
                to.onBack();
            } else {
                to.onAway();
            }
        }
        trouble = now;
    }
}
