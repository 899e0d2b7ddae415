package dev.broadcaster.redis;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relay of a fleet joined by Redis or Valkey: standalone, behind Sentinel, or a cluster. Each message gets an offset
 * in its channel, in one atomic step with its publish, and so every node knows exactly what it has missed
 * ({@link Reception}); a publish is answered once and never sent twice ({@link Publishes}).
 *
 * <p>Everything is owned by one event loop. Other threads only queue what they want; the loop takes all that has gathered,
 * then flushes each connection once.
 */
public final class RedisRelay implements Relay {
    private static final Logger LOG = LoggerFactory.getLogger(RedisRelay.class);

    private static final long TICK_NANOS = 100_000_000L;
    /** A tick that comes so late says that the process was stopped, or the machine asleep. */
    private static final long PAUSE_NANOS = 1_500_000_000L;

    private static final long RECONCILE_NANOS = 1_000_000_000L;

    private final RedisConfig config;
    private final KeyNames names;
    private final PublishCommands commands;
    private final Time time;
    private final TimingWheel wheel;
    private final RandomGenerator random;
    private final RelayMetrics metrics;
    private final RedisDriver driver = new RedisDriver();
    private final SubscriptionCommands subscriptions;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable drain = this::drain;
    private final String probeChannel;
    private final Publishes nowhere; // refuses what no link can take
    private volatile double probeAgeSeconds;
    private volatile @Nullable String trouble = "Redis: connecting";
    private volatile boolean closed;

    // What follows is owned by the event loop, once it is started.

    @SuppressWarnings("NullAway.Init") // start
    private Topology topology;

    @SuppressWarnings("NullAway.Init") // start
    private Reception reception;

    private long tickedNanos;
    private long reconciledNanos;

    private final TimingWheel.Timer ticker = new TimingWheel.Timer() {
        @Override
        protected void onExpired() {
            offer(RedisRelay.this::onTick);
            if (!closed) {
                wheel.schedule(this, TICK_NANOS);
            }
        }
    };

    /**
     * A relay that connects once {@link #start} is called.
     *
     * @param random for delays and for the name of this node's probes
     */
    public RedisRelay(
            RedisConfig config,
            Time time,
            TimingWheel wheel,
            MessageIds ids,
            Timestamps timestamps,
            RandomGenerator random,
            Metrics metrics) {
        this.config = config;
        this.names = config.names();
        this.time = time;
        this.wheel = wheel;
        this.random = random;
        this.metrics = metrics.relay();
        boolean cluster = config.url().isCluster();
        this.commands =
                new PublishCommands(PublishScript.with(cluster ? "SPUBLISH" : "PUBLISH"), names, ids, timestamps, time);
        this.subscriptions = new SubscriptionCommands(names, cluster, this::schedule);
        this.probeChannel = "*" + Long.toHexString(random.nextLong());
        this.nowhere = new Publishes(time, this.metrics, error -> {});
        metrics.gauge("relay.up", "", "1 while the relay is proved to deliver", this, r -> r.trouble == null ? 1 : 0);
        metrics.gauge(
                "relay.probe.age",
                "seconds",
                "Since the oldest link heard its own probe",
                this,
                r -> r.probeAgeSeconds);
    }

    @Override
    public void start(RelayListener listener) {
        reception = new Reception(routes, subscriptions, names, listener, time, metrics);
        topology = config.url().isCluster()
                ? new ClusterMasters(
                        driver,
                        driver.clusterClient(config.uris()),
                        uri -> newLink(uri, uri.getHost() + ':' + uri.getPort()),
                        this::onMoved,
                        time)
                : new SingleMaster(newLink(config.uris().get(0), config.url().toString()));
        tickedNanos = time.nanos();
        reconciledNanos = tickedNanos;
        LOG.info("relay: Redis at {}, prefix {}", config.url(), config.prefix());
        wheel.schedule(ticker, 0);
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        if (closed) {
            callback.onOutcome(new PublishOutcome.NotPublished("not published: the node is stopping"));
            return;
        }
        PublishCommand command = commands.publish(publication, callback);
        offer(() -> send(command));
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        offer(() -> reception.subscribe(channel, callback));
    }

    @Override
    public void unsubscribe(String channel) {
        offer(() -> reception.unsubscribe(channel));
    }

    @Override
    public @Nullable String trouble() {
        return trouble;
    }

    /** Answers what is unanswered and ends every connection. Blocks for a moment; not on the event loop. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wheel.cancel(ticker);
        CountDownLatch ended = new CountDownLatch(1);
        driver.loop().execute(() -> {
            drain();
            topology.close();
            trouble = "Redis: closed";
            ended.countDown();
        });
        try {
            if (!ended.await(2, TimeUnit.SECONDS)) {
                LOG.warn("the event loop of Redis does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        driver.close();
    }

    private void offer(Runnable task) {
        tasks.add(task);
        schedule();
    }

    private void schedule() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                driver.loop().execute(drain);
            } catch (RejectedExecutionException e) {
                LOG.debug("the relay is closed");
            }
        }
    }

    /** Does what has been asked for, then sends everything that came of it. */
    private void drain() {
        scheduled.set(false);
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("a task of the relay failed", e);
            }
        }
        reception.flush();
        for (Link link : topology.links()) {
            if (!link.isSynced() && reception.isSynced(link)) {
                link.onSynced();
            }
            link.flush();
        }
        trouble = trouble(time.nanos());
    }

    private @Nullable String trouble(long now) {
        String reason = topology.trouble(now);
        return reason == null ? null : "Redis " + reason;
    }

    private void send(PublishCommand command) {
        Link link = topology.link(command.tag);
        StatefulRedisConnection<String, byte[]> connection = link == null ? null : link.commands();
        String reason = link == null ? trouble(time.nanos()) : link.trouble(time.nanos());
        if (link == null || connection == null || reason != null) {
            nowhere.refuse(command, "Redis " + (reason == null ? "is away" : reason));
            return;
        }
        link.publishes().send(connection, command);
    }

    private void onTick() {
        long now = time.nanos();
        long pause = now - tickedNanos - TICK_NANOS;
        tickedNanos = now;
        if (pause > PAUSE_NANOS) {
            LOG.warn("the relay's event loop stood still for {} ms", pause / 1_000_000L);
            topology.links().forEach(link -> link.onPause(pause));
        }
        topology.onTick(now);
        reception.onTick(now);
        if (now - reconciledNanos >= RECONCILE_NANOS) {
            reconciledNanos = now;
            reception.reconcile(now);
        }
        long oldest = 0;
        for (Link link : topology.links()) {
            oldest = Math.max(oldest, link.probeAge(now));
        }
        probeAgeSeconds = oldest / 1e9;
    }

    /** Parts of the channels are served by others than before. */
    private void onMoved() {
        reception.onLinkUp();
        schedule();
    }

    private Link newLink(RedisURI uri, String name) {
        return new Link(driver, uri, name, owner, time, random, metrics);
    }

    private void subscribeProbe(Link link) {
        for (int tag = 0; tag < HashTags.COUNT; tag++) {
            if (topology.link(tag) == link) {
                Probe probe = new Probe(tag, probeChannel, names.topic(tag, probeChannel));
                link.probe(probe);
                subscriptions.subscribeProbe(link, probe.topic());
                return;
            }
        }
    }

    private final Reception.Routes routes = new Reception.Routes() {
        @Override
        public @Nullable Link linkForSubscriptions(int tag) {
            Link link = topology.link(tag);
            return link == null || link.subscriptions() == null ? null : link;
        }

        @Override
        public String trouble() {
            String reason = RedisRelay.this.trouble(time.nanos());
            return reason == null ? "Redis has not confirmed" : reason;
        }
    };

    private final Link.Owner owner = new Link.Owner() {
        @Override
        public void onSubscriptionsUp(Link link) {
            subscriptions.greet(link);
            subscribeProbe(link);
            reception.onLinkUp();
            schedule();
        }

        @Override
        public void onSubscriptionsDown(Link link) {
            reception.onLinkDown(link);
        }

        @Override
        public void onCommandsUp(Link link) {
            loadScript(link);
            schedule();
        }

        @Override
        public void onRefused(Link link, String error) {
            if (error.startsWith("NOSCRIPT")) {
                loadScript(link);
            } else if (error.startsWith("READONLY")) {
                link.onReadOnly();
            } else {
                topology.onMoved(); // or something else that another look at the cluster does no harm to
            }
            schedule();
        }

        @Override
        public void onChanged() {
            trouble = RedisRelay.this.trouble(time.nanos());
            schedule();
        }

        @Override
        public void sendProbe(Link link) {
            Probe probe = link.probe();
            if (probe == null || topology.link(probe.tag()) != link) {
                subscribeProbe(link);
                probe = link.probe();
            }
            StatefulRedisConnection<String, byte[]> connection = link.commands();
            if (probe != null && connection != null) {
                link.publishes().send(connection, commands.probe(probe.tag(), probe.channel(), outcome -> {
                    if (outcome instanceof PublishOutcome.NotPublished refused) {
                        link.onProbeRefused(refused.reason().replace("not published: ", ""));
                    }
                }));
            }
        }

        @Override
        public void onMessage(Link link, String topic, byte[] bytes) {
            Probe probe = link.probe();
            if (probe != null && probe.topic().equals(topic)) {
                link.onProbe();
            } else {
                reception.onMessage(link, topic, bytes);
            }
        }

        @Override
        public void onSubscribed(Link link, String topic) {
            reception.onSubscribed(link, topic);
        }

        @Override
        public void onUnsubscribed(Link link, String topic) {
            Probe probe = link.probe();
            if (probe != null && probe.topic().equals(topic)) {
                link.probe(null);
            } else {
                reception.onUnsubscribed(link, topic);
            }
            topology.onMoved();
            schedule();
        }

        private void loadScript(Link link) {
            StatefulRedisConnection<String, byte[]> connection = link.commands();
            if (connection != null) {
                var unused = connection.async().scriptLoad(commands.script().text());
            }
        }
    };
}
