package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.hub.ShardThread;
import dev.broadcaster.hub.Start;
import dev.broadcaster.hub.Subscriber;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.hub.SubscriptionCallback;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Publication;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two nodes' hubs and relays over a real Redis, compared with a very simple model: a channel is the list of its
 * accepted messages, in the order of the offsets in their ids. Random steps publish, subscribe with and without a last
 * seen message, leave, trim, expire and break connections; {@code -Dhistory.seed=…} repeats the steps,
 * {@code -Dhistory.steps=…} changes their number.
 */
@Tag("redis")
final class HistoryModelTest {
    private static final int STEPS = Integer.getInteger("history.steps", 100_000);
    private static final int SHARDS = 2;
    private static final int CLIENTS = 40; // of each node
    private static final int CHANNELS = 4; // of each kind
    private static final int IN_FLIGHT = 200;
    private static final int BURST = 60;
    private static final long SLACK_NANOS = 300_000_000;
    private static final byte[] EVENT = "\"e\"".getBytes(UTF_8);

    /** The retention of a channel's messages. */
    private enum Kind {
        /** All are kept to the end: no message may be lost, and no recovery refused. */
        ALL(1_000_000, Duration.ofHours(1)),
        FEW(20, Duration.ofHours(1)),
        BRIEF(1_000_000, Duration.ofSeconds(1)),
        /** It is trimmed now and then. */
        CUT(1_000_000, Duration.ofHours(1));

        final HistoryConfig.Rule rule;

        Kind(int size, Duration ttl) {
            this.rule = new HistoryConfig.Rule(name(), size, ttl);
        }
    }

    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(Kind.ALL.rule, Kind.FEW.rule, Kind.BRIEF.rule, Kind.CUT.rule));

    private final long seed = Long.getLong("history.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final List<ModelChannel> channels = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final Queue<Subscribed> subscriptions = new ConcurrentLinkedQueue<>();
    private final Queue<String> problems = new ConcurrentLinkedQueue<>();
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT);
    private long kills;
    private long trims;

    /** A publish; its fields are written by the thread that gets the answer. */
    private static final class Publish {
        final int number;
        final long called = System.nanoTime();
        volatile long answered;
        volatile HistoryId id; // null while it is not accepted

        Publish(int number) {
            this.number = number;
        }
    }

    private static final class ModelChannel {
        final String name;
        final Kind kind;
        final List<Publish> publishes = new ArrayList<>(); // owned by the main thread

        ModelChannel(Kind kind, int number) {
            this.kind = kind;
            this.name = kind.name() + number;
        }

        /** The accepted messages by offset; the first has offset 1. */
        List<Publish> accepted() {
            List<Publish> accepted = new ArrayList<>(
                    publishes.stream().filter(publish -> publish.id != null).toList());
            accepted.sort((a, b) -> Long.compare(a.id.offset(), b.id.offset()));
            return accepted;
        }
    }

    private record Frame(long seq, HistoryId id, int number) {}

    /** A subscription from the client's view: on the thread of its shard until the end. */
    private static final class Subscribed {
        final ModelChannel channel;
        final Replay replay;
        final String lastSeen;
        final long asked = System.nanoTime();
        final List<Frame> frames = new ArrayList<>();
        Subscription subscription;
        long answered; // 0 while it is not live
        boolean recovered;
        Start start;
        int replayed;
        boolean ended;
        volatile HistoryId last;

        Subscribed(ModelChannel channel, Replay replay) {
            this.channel = channel;
            this.replay = replay;
            this.lastSeen = replay == null ? null : replay.lastSeenId();
        }

        @Override
        public String toString() {
            return channel.name + (answered == 0 ? " not live" : "") + " " + replay + " " + start
                    + (recovered ? " recovered " + replayed : "") + (ended ? " ended" : "") + " " + frames.size()
                    + " frames to " + last;
        }
    }

    private final class Node implements AutoCloseable {
        final List<Thread> threads = new ArrayList<>();
        final List<ExecutorService> executors = new ArrayList<>();
        final RelayOfRedis relays;
        final Relay relay;
        final Hub hub;

        Node(String prefix, String url) {
            relays = new RelayOfRedis(prefix, HISTORY);
            relay = relays.at(url);
            List<ShardThread> shardThreads = new ArrayList<>();
            for (int i = 0; i < SHARDS; i++) {
                ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
                    Thread thread = new Thread(task, "shard");
                    threads.add(thread);
                    return thread;
                });
                executors.add(executor);
                int number = i;
                shardThreads.add(new ShardThread() {
                    @Override
                    public boolean isCurrent() {
                        return Thread.currentThread() == threads.get(number);
                    }

                    @Override
                    public void execute(Runnable task) {
                        executor.execute(guarded(task));
                    }
                });
                HistoryModelTest.awaitIdle(executor); // its thread is there
            }
            hub = new Hub(
                    relay,
                    shardThreads,
                    new MemoryBudget(1L << 40, relays.metrics()).account(Purpose.FANOUT),
                    new MemoryBudget(1L << 40, relays.metrics()).account(Purpose.SUBSCRIPTIONS),
                    Time.SYSTEM,
                    relays.metrics());
            relay.start(hub);
            await().atMost(Duration.ofSeconds(30)).until(() -> relay.trouble() == null);
        }

        double metric(String name) {
            return relays.metrics()
                    .scrape()
                    .lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        void awaitIdle() {
            executors.forEach(HistoryModelTest::awaitIdle);
        }

        @Override
        public void close() {
            relay.close();
            executors.forEach(ExecutorService::shutdownNow);
            relays.close();
        }
    }

    private static void awaitIdle(ExecutorService executor) {
        try {
            executor.submit(() -> {}).get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                problems.add("a shard's task failed: " + e);
            }
        };
    }

    @Test
    void everySubscriptionGetsWhatItShould() throws Exception {
        System.out.println("history.seed=" + seed);
        for (Kind kind : Kind.values()) {
            for (int i = 0; i < CHANNELS; i++) {
                channels.add(new ModelChannel(kind, i));
            }
        }
        String prefix = "model-" + Long.toHexString(seed);
        try (RedisServer redis = RedisServer.start();
                Node first = new Node(prefix, redis.url());
                Node second = new Node(prefix, redis.url())) {
            nodes.addAll(List.of(first, second));
            for (int i = 0; i < 2 * CLIENTS; i++) {
                clients.add(new Client(nodes.get(i % 2), i / 2 % SHARDS));
            }
            KeyNames names = new KeyNames(prefix, 0);
            for (int step = 1; step <= STEPS; step++) {
                step(step, redis, names);
            }
            settle();
            check();
            double repaired = first.metric("broadcaster_relay_messages_repaired_total")
                    + second.metric("broadcaster_relay_messages_repaired_total");
            double reads = first.metric("broadcaster_relay_history_reads_total")
                    + second.metric("broadcaster_relay_history_reads_total");
            System.out.printf(
                    "%d kills, %d trims, %.0f messages repaired, %.0f readings of a history%n",
                    kills, trims, repaired, reads);
            assertThat(repaired).as("messages repaired").isPositive();
        }
    }

    private void step(int step, RedisServer redis, KeyNames names) {
        ModelChannel channel = channels.get(random.nextInt(channels.size()));
        Client client = clients.get(random.nextInt(clients.size()));
        int what = random.nextInt(1000);
        if (what < 450) {
            // Each channel is silent for a while now and then, so that messages with a short lifetime expire.
            if ((step / 8_000 + channels.indexOf(channel)) % 3 > 0) {
                publish(channel);
            }
        } else if (what < 453) {
            for (int i = random.nextInt(BURST); i > 0; i--) {
                publish(channel);
            }
        } else if (what < 700) {
            String lastSeen = lastSeen(channel);
            boolean own = random.nextInt(3) > 0;
            boolean replays = random.nextInt(4) > 0;
            int last = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(40);
            client.shard.execute(() -> {
                String id = own ? client.lastSeen(channel) : lastSeen;
                client.subscribe(channel, replays || id != null ? new Replay(id, last) : null);
            });
        } else if (what < 900) {
            client.shard.execute(() -> client.unsubscribe(channel));
        } else if (what < 920) {
            client.shard.execute(client::leave);
        } else if (what == 920 && random.nextInt(2) == 0) {
            kills++;
            kill(redis);
        } else if (what == 921) {
            ModelChannel cut = channels.get(Kind.CUT.ordinal() * CHANNELS + random.nextInt(CHANNELS));
            trims++;
            String key = names.history(KeyNames.partition(cut.name), cut.name);
            if (random.nextInt(4) == 0) {
                redis.command("DEL", key);
            } else {
                redis.command("XTRIM", key, "MAXLEN", Integer.toString(random.nextInt(10)));
            }
        }
        if (step % 20 == 0) {
            nodes.forEach(Node::awaitIdle);
        }
    }

    /** Ends the subscriptions of one node or of both. */
    private void kill(RedisServer redis) {
        if (random.nextInt(3) == 0) {
            redis.command("CLIENT", "KILL", "TYPE", "pubsub");
            return;
        }
        List<String> ids = String.valueOf(redis.command("CLIENT", "LIST", "TYPE", "pubsub"))
                .lines()
                .map(line -> line.replaceFirst("^id=(\\d+) .*", "$1"))
                .toList();
        if (!ids.isEmpty()) {
            redis.command("CLIENT", "KILL", "ID", ids.get(random.nextInt(ids.size())));
        }
    }

    private Publish publish(ModelChannel channel) {
        inFlight.acquireUninterruptibly();
        Publish publish = new Publish(channel.publishes.size());
        channel.publishes.add(publish);
        byte[] payload = Integer.toString(publish.number).getBytes(UTF_8);
        nodes.get(random.nextInt(2)).relay.publish(new Publication(channel.name, EVENT, payload, null), outcome -> {
            if (outcome instanceof PublishOutcome.Accepted accepted) {
                publish.id = HistoryId.parse(accepted.id());
            } else if (!(outcome instanceof PublishOutcome.NotPublished)) {
                problems.add("nothing ended the connection for commands: " + outcome);
            }
            publish.answered = System.nanoTime();
            inFlight.release();
        });
        return publish;
    }

    /** None, an id of the channel, or text that never was one. */
    private String lastSeen(ModelChannel channel) {
        List<Publish> publishes = channel.publishes;
        if (random.nextInt(3) == 0 || publishes.isEmpty()) {
            return null;
        }
        if (random.nextInt(10) == 0) {
            ModelChannel other = channels.get(random.nextInt(channels.size()));
            if (other != channel && !other.publishes.isEmpty() && other.publishes.get(0).id != null) {
                return other.publishes.get(0).id.toString();
            }
            HistoryId id = publishes.get(0).id;
            return id == null ? "nobody-1" : new HistoryId(id.epoch(), 10_000_000).toString();
        }
        int back = random.nextInt(random.nextBoolean() ? 40 : publishes.size() + 1);
        HistoryId id = publishes.get(Math.max(0, publishes.size() - 1 - back)).id;
        return id == null ? null : id.toString();
    }

    /** Waits until every subscriber has received the last message. */
    private void settle() {
        inFlight.acquireUninterruptibly(IN_FLIGHT);
        inFlight.release(IN_FLIGHT);
        for (ModelChannel channel : channels) {
            await("an accepted publish").atMost(Duration.ofSeconds(20)).until(() -> {
                Publish publish = publish(channel);
                await().until(() -> publish.answered != 0);
                return publish.id != null;
            });
        }
        Map<ModelChannel, Publish> last = new HashMap<>();
        for (ModelChannel channel : channels) {
            List<Publish> accepted = channel.accepted();
            last.put(channel, accepted.get(accepted.size() - 1));
        }
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            nodes.forEach(Node::awaitIdle);
            assertThat(clients.stream()
                            .flatMap(client -> client.current.values().stream())
                            .filter(subscribed ->
                                    !last.get(subscribed.channel).id.equals(subscribed.last))
                            .filter(subscribed -> subscribed.answered == 0
                                    || subscribed.answered < last.get(subscribed.channel).called))
                    .as("without the last message (history.seed=%s)", seed)
                    .isEmpty();
        });
    }

    private void check() {
        assertThat(problems).as("history.seed=%s", seed).isEmpty();
        Map<ModelChannel, List<Publish>> accepted = new HashMap<>();
        for (ModelChannel channel : channels) {
            List<Publish> all = channel.accepted();
            accepted.put(channel, all);
            for (int i = 0; i < all.size(); i++) {
                assertThat(all.get(i).id)
                        .as("the ids of %s (history.seed=%s)", channel.name, seed)
                        .isEqualTo(new HistoryId(all.get(0).id.epoch(), i + 1));
            }
        }
        long frames = 0;
        long holes = 0;
        Map<Kind, long[]> recoveries = new HashMap<>(); // recovered, refused
        for (Subscribed subscribed : subscriptions) {
            holes += check(subscribed, accepted.get(subscribed.channel));
            frames += subscribed.frames.size();
            if (subscribed.answered != 0 && subscribed.lastSeen != null) {
                recoveries
                        .computeIfAbsent(subscribed.channel.kind, kind -> new long[2])[subscribed.recovered ? 0 : 1]++;
            }
        }
        System.out.printf("%d subscriptions got %d frames, and %d holes%n", subscriptions.size(), frames, holes);
        recoveries.forEach(
                (kind, counts) -> System.out.printf("%s: %d recovered, %d refused%n", kind, counts[0], counts[1]));
        for (Kind kind : Kind.values()) {
            assertThat(recoveries.get(kind))
                    .as("recoveries and refusals of %s", kind)
                    .doesNotContain(0);
        }
    }

    /** The number of its holes. */
    private long check(Subscribed subscribed, List<Publish> accepted) {
        String what = subscribed + " (history.seed=" + seed + ")";
        if (subscribed.answered == 0) {
            assertThat(subscribed.frames).as(what).isEmpty();
            return 0;
        }
        HistoryId lastSeen = subscribed.lastSeen == null ? null : HistoryId.parse(subscribed.lastSeen);
        String epoch = accepted.get(0).id.epoch();
        boolean known = lastSeen != null && lastSeen.epoch().equals(epoch) && lastSeen.offset() <= accepted.size();
        if (subscribed.recovered) {
            assertThat(known).as(what).isTrue();
        }
        if (known) {
            checkAnswer(subscribed, accepted, (int) lastSeen.offset(), what);
        }
        if (subscribed.start != null) {
            checkStart(subscribed, what);
        }
        long holes = 0;
        long seq = 0;
        for (Frame frame : subscribed.frames) {
            assertThat(frame.seq).as("seq of %s in %s", frame, what).isGreaterThan(seq);
            boolean hole = frame.seq != seq + 1;
            holes += hole ? 1 : 0;
            seq = frame.seq;
            Publish publish = accepted.get((int) frame.id.offset() - 1);
            assertThat(frame.id).as("%s in %s", frame, what).isEqualTo(publish.id);
            assertThat(frame.number).as("%s in %s", frame, what).isEqualTo(publish.number);
            assertThat(hole && (subscribed.channel.kind == Kind.ALL || frame.seq <= subscribed.replayed))
                    .as("a hole before %s in %s", frame, what)
                    .isFalse();
            // A hole has the size of the loss.
            long before = subscribed.start != null
                    ? HistoryId.parse(subscribed.start.position()).offset() - subscribed.start.replayed()
                    : subscribed.frames.get(0).id.offset() - subscribed.frames.get(0).seq;
            assertThat(frame.id.offset() - frame.seq)
                    .as("%s in %s", frame, what)
                    .isEqualTo(before);
        }
        if (!subscribed.frames.isEmpty()) {
            long base = subscribed.frames.get(0).id.offset() - subscribed.frames.get(0).seq;
            assertThat(accepted.stream().filter(publish -> publish.called > subscribed.answered))
                    .as("published after the reply, and before everything that came, in %s", what)
                    .allMatch(publish -> publish.id.offset() > base);
        }
        return holes;
    }

    /** Compares the answer with the messages that were kept at that time, as far as an outside clock can tell. */
    private static void checkAnswer(Subscribed subscribed, List<Publish> accepted, int offset, String what) {
        Kind kind = subscribed.channel.kind;
        Publish next = offset < accepted.size() ? accepted.get(offset) : null;
        long ttl = kind.rule.ttl().toNanos();
        long mostCounted = accepted.stream()
                .filter(publish -> publish.called < subscribed.answered)
                .count();
        boolean surelyKept = offset >= mostCounted - kind.rule.size()
                && (next == null || subscribed.answered - next.called < ttl - SLACK_NANOS);
        if (offset >= mostCounted || (surelyKept && kind != Kind.CUT)) {
            assertThat(subscribed.recovered).as("recovered: %s", what).isTrue();
        }
        if (next != null && subscribed.asked - next.answered > 2 * ttl) {
            assertThat(subscribed.recovered).as("expired: %s", what).isFalse();
        }
    }

    private static void checkStart(Subscribed subscribed, String what) {
        Start start = subscribed.start;
        HistoryId position = HistoryId.parse(start.position());
        if (start.complete()) {
            HistoryId lastSeen = HistoryId.parse(subscribed.lastSeen);
            assertThat(new HistoryId(lastSeen.epoch(), lastSeen.offset() + start.replayed()))
                    .as("the position after the replay: %s", what)
                    .isEqualTo(position);
            assertThat(start.replayed())
                    .as("no more than the history keeps: %s", what)
                    .isLessThanOrEqualTo(subscribed.channel.kind.rule.size());
            return;
        }
        Kind kind = subscribed.channel.kind;
        long newest = Math.min(subscribed.replay.last(), Math.min(kind.rule.size(), position.offset()));
        if (kind == Kind.ALL || kind == Kind.FEW) {
            assertThat(start.replayed()).as("the newest messages: %s", what).isEqualTo((int) newest);
        } else {
            assertThat((long) start.replayed())
                    .as("the newest messages: %s", what)
                    .isLessThanOrEqualTo(newest);
        }
    }

    /** A client with subscriptions that remembers the last seen message of each channel. On the thread of its shard. */
    private final class Client implements Subscriber {
        final Shard shard;
        final Map<String, Subscribed> current = new HashMap<>();
        private final Map<String, HistoryId> seen = new HashMap<>();
        private boolean touched;

        Client(Node node, int shard) {
            this.shard = node.hub.shards().get(shard);
        }

        String lastSeen(ModelChannel channel) {
            HistoryId id = seen.get(channel.name);
            return id == null ? null : id.toString();
        }

        void subscribe(ModelChannel channel, Replay replay) {
            if (current.containsKey(channel.name)) {
                return;
            }
            Subscribed subscribed = new Subscribed(channel, replay);
            current.put(channel.name, subscribed);
            subscriptions.add(subscribed);
            subscribed.subscription = shard.subscribe(channel.name, replay, this, new SubscriptionCallback() {
                @Override
                public void onLive(Start start) {
                    if (subscribed.answered != 0 || subscribed.ended) {
                        problems.add("went live twice, or after its end: " + subscribed);
                    }
                    subscribed.answered = System.nanoTime();
                    subscribed.recovered = start != null && start.complete();
                    subscribed.start = start;
                    if (start != null && start.position() == null || (start == null) != (replay == null)) {
                        problems.add("no position: " + subscribed);
                    } else if (start != null) {
                        seen.put(channel.name, HistoryId.parse(start.position())); // used like a received message
                    }
                }

                @Override
                public void onFailed(String reason) {
                    problems.add(reason);
                }
            });
        }

        void unsubscribe(ModelChannel channel) {
            Subscribed subscribed = current.remove(channel.name);
            if (subscribed != null) {
                subscribed.ended = true;
                shard.unsubscribe(subscribed.subscription);
            }
        }

        void leave() {
            List.copyOf(current.values()).forEach(subscribed -> unsubscribe(subscribed.channel));
        }

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            receive(batch, base);
            boolean first = !touched;
            touched = true;
            return first;
        }

        @Override
        public void onRecovered(Batch batch, long base) {
            Subscribed subscribed = receive(batch, base);
            subscribed.replayed = batch.size();
            if (subscribed.start.replayed() != batch.size() || subscribed.frames.size() != batch.size()) {
                problems.add("a replay that is not the beginning: " + subscribed);
            }
        }

        private Subscribed receive(Batch batch, long base) {
            Subscribed subscribed = current.get(between(batch.message(0).suffix(), "\"channel\":\"", '"'));
            if (subscribed == null || subscribed.answered == 0) {
                throw new IllegalStateException("got something before it was live: " + subscribed);
            }
            for (int i = 0; i < batch.size(); i++) {
                if (batch.position(i) > base) {
                    HistoryId id = HistoryId.parse(between(batch.message(i).prefix(), "\"id\":\"", '"'));
                    int number = Integer.parseInt(between(batch.message(i).suffix(), "\"payload\":", '}'));
                    subscribed.frames.add(new Frame(batch.position(i) - base, id, number));
                    subscribed.last = id;
                    seen.put(subscribed.channel.name, id);
                }
            }
            return subscribed;
        }

        @Override
        public void onTurnEnd() {
            touched = false;
        }

        private static String between(byte[] json, String start, char end) {
            String text = new String(json, UTF_8);
            int from = text.indexOf(start) + start.length();
            return text.substring(from, text.indexOf(end, from));
        }
    }
}
