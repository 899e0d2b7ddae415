package dev.broadcaster.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The hub compared with a very simple model: a subscription is a list of the messages after its barrier. A million
 * random steps, on threads of the test; {@code -Dhub.seed=…} repeats a run.
 */
final class HubModelTest {
    private static final int STEPS = Integer.getInteger("hub.steps", 500_000);
    private static final int SHARDS = 5;
    private static final int CHANNELS = 12;
    private static final int CONNECTIONS = 40;
    private static final int KEPT = 60;
    private static final String LOST = "";
    private static final byte[] EVENT = "\"e\"".getBytes(UTF_8);
    private static final byte[] SMALL = "1".getBytes(UTF_8);
    private static final byte[] LARGE = "1".repeat(150_000).getBytes(UTF_8);

    private final long seed = Long.getLong("hub.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
    private final List<FakeShardThread> threads = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final Map<String, Set<Subscribed>> model = new HashMap<>();
    private final Map<String, List<String>> log = new HashMap<>(); // the messages of the listener, by channel
    private final Map<Replay, Subscribed> replays = new IdentityHashMap<>(); // until they are answered
    private final Map<String, Connection> publishers = new HashMap<>(); // by id, until the publisher has its reply
    private Hub hub;
    private Relay relay;
    private long deliveries;
    private long failures;
    private long recoveries;
    private long refusals;
    private long lasts;
    private long holes;
    private boolean ending;

    /** The model of a subscription. */
    private static final class Subscribed {
        final Queue<String> expected = new ArrayDeque<>(); // ids, and the parts of holes
        Subscription subscription;
        Replayed replayed; // the answer of the relay: every message from that moment on is expected
        boolean live;
        boolean ended;
        long seq;
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void everySubscriptionGetsWhatItShould_whenTheRelayIsLocal() throws Exception {
        HistoryConfig history = new HistoryConfig(List.of(new HistoryConfig.Rule("", KEPT, Duration.ofHours(1))));
        LocalRelay local = new LocalRelay(time, new MessageIds(time, seed), new Timestamps(), history, budget);
        run(local, () -> false);
        assertThat(recoveries).as("recoveries").isGreaterThan(STEPS / 100);
        assertThat(refusals).as("what is no longer kept").isGreaterThan(STEPS / 1000);
        assertThat(lasts).as("newest messages").isGreaterThan(STEPS / 100);
    }

    @Test
    void everySubscriptionGetsWhatItShould_whenTheRelayIsLate() throws Exception {
        LateRelay late = new LateRelay(random.split());
        run(late, late::step);
        assertThat(late.isWanted()).as("something is still wanted").isFalse();
        assertThat(failures).as("the relay fails now and then").isGreaterThan(STEPS / 500);
        assertThat(holes).as("the relay loses now and then").isGreaterThan(STEPS / 500);
        assertThat(recoveries).as("recoveries").isGreaterThan(STEPS / 500);
    }

    /** Does one waiting step; false if there was none. */
    private interface Step {
        boolean run();
    }

    private void run(Relay tested, Step relayStep) throws Exception {
        System.out.println("hub.seed=" + seed);
        AtomicReference<FakeShardThread> running = new AtomicReference<>();
        for (int i = 0; i < SHARDS; i++) {
            threads.add(new FakeShardThread(running));
        }
        relay = new Watched(tested);
        hub = new Hub(
                relay, threads, budget.account(Purpose.FANOUT), budget.account(Purpose.SUBSCRIPTIONS), time, metrics);
        relay.start(new RelayListener() {
            @Override
            public void onMessage(Message message) {
                HubModelTest.this.onMessage(message);
                hub.onMessage(message);
            }

            @Override
            public void onLoss(String channel, long count) {
                HubModelTest.this.onLoss(channel, count);
                hub.onLoss(channel, count);
            }
        });
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(new Connection(i % SHARDS));
        }

        for (int step = 1; step <= STEPS; step++) {
            int what = random.nextInt(100);
            Connection connection = connections.get(random.nextInt(CONNECTIONS));
            if (what < 14) {
                connection.onThread(() -> connection.subscribe(channelToSubscribe()));
            } else if (what < 25) {
                connection.onThread(() -> connection.unsubscribe(channel()));
            } else if (what < 26) {
                connection.onThread(connection::close);
            } else if (what < 29) {
                connection.onThread(() -> connection.subscribeAgain(channel()));
            } else if (what < 60) {
                connection.onThread(connection::publish);
            } else if (what < 85) {
                threads.get(random.nextInt(SHARDS)).runOne();
            } else {
                relayStep.run();
            }
            if (step % 10_000 == 0) {
                settle(relayStep);
                checkGauges();
            }
        }

        ending = true;
        connections.forEach(connection -> connection.onThread(connection::close));
        settle(relayStep);
        checkGauges();
        checkNothingIsLeft();
        assertThat(deliveries).as("the test tests something").isGreaterThan(STEPS / 2);
    }

    private String channel() {
        return "channel:" + random.nextInt(CHANNELS);
    }

    /** Half of the channels have few subscribers: they come and go, and their positions start again. */
    private String channelToSubscribe() {
        int number = random.nextInt(CHANNELS);
        int often = number % (CHANNELS / 2);
        return "channel:" + (random.nextInt(20) == 0 ? number : often);
    }

    private void onMessage(Message message) {
        expect(message.channel(), message.id());
    }

    private void onLoss(String channel, long count) {
        for (long i = 0; i < count; i++) {
            expect(channel, LOST);
        }
    }

    private void expect(String channel, String id) {
        List<String> all = log.computeIfAbsent(channel, name -> new ArrayList<>());
        if (all.size() >= 20 * KEPT) {
            all.subList(0, 10 * KEPT).clear();
        }
        all.add(id);
        for (Subscribed subscribed : model.getOrDefault(channel, Set.of())) {
            if (subscribed.live || subscribed.replayed != null) {
                subscribed.expected.add(id);
            }
        }
    }

    /** Runs all waiting steps; then every subscription has received everything. */
    private void settle(Step relayStep) {
        boolean ran = true;
        while (ran) {
            ran = relayStep.run();
            for (FakeShardThread thread : threads) {
                ran |= thread.runOne();
            }
        }
        model.values()
                .forEach(all -> all.forEach(subscribed -> {
                    check(subscribed.live, "a subscription never went live");
                    // A hole is seen when the next message arrives.
                    check(
                            subscribed.expected.stream().allMatch(LOST::equals),
                            "messages are missing: " + subscribed.expected);
                }));
        check(publishers.isEmpty(), "replies are missing");
        connections.forEach(connection -> check(!connection.touched, "a touched subscriber was not told to write"));
    }

    private void checkGauges() {
        long subscriptions = model.values().stream().mapToLong(Set::size).sum();
        String scrape = metrics.scrape();
        assertThat(scrape).contains("\nbroadcaster_subscriptions " + subscriptions + ".0\n");
        assertThat(scrape).contains("\nbroadcaster_channels " + model.size() + ".0\n");
    }

    private void checkNothingIsLeft() throws Exception {
        assertThat((Map<?, ?>) field(hub, "routes")).isEmpty();
        for (Shard shard : hub.shards()) {
            assertThat((Map<?, ?>) field(shard, "channels")).isEmpty();
            Object loop = field(shard, "loop");
            assertThat((Collection<?>) field(loop, "inbox")).isEmpty();
            Object fanout = field(loop, "fanout");
            for (String name : List.of("offeredNanos", "touchedChannels", "touchedSubscribers")) {
                assertThat((Collection<?>) field(fanout, name)).as(name).isEmpty();
            }
        }
    }

    private static Object field(Object object, String name) throws ReflectiveOperationException {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }

    private void check(boolean right, String problem) {
        if (!right) {
            throw new AssertionError(problem + " (hub.seed=" + seed + ")");
        }
    }

    /** The relay, whose answers to replays are compared with the log at the moment of the answer. */
    private final class Watched implements Relay {
        private final Relay relay;

        Watched(Relay relay) {
            this.relay = relay;
        }

        @Override
        public void replay(String channel, Replay replay, ReplayCallback callback) {
            relay.replay(channel, replay, new ReplayCallback() {
                @Override
                public void onReplayed(Replayed replayed) {
                    checkReplayed(channel, replay, replayed);
                    Subscribed subscribed = replays.remove(replay);
                    subscribed.replayed = replayed;
                    replayed.messages().forEach(message -> subscribed.expected.add(message.id()));
                    callback.onReplayed(replayed);
                }

                @Override
                public void onFailed(String reason) {
                    replays.remove(replay);
                    callback.onFailed(reason);
                }
            });
        }

        private void checkReplayed(String channel, Replay replay, Replayed replayed) {
            List<String> all = log.getOrDefault(channel, List.of());
            List<String> ids = replayed.messages().stream().map(Message::id).toList();
            check(ids.equals(all.subList(all.size() - ids.size(), all.size())), "not the newest messages: " + ids);
            int index = replay.lastSeenId() == null ? -1 : all.lastIndexOf(replay.lastSeenId());
            if (replayed.complete()) {
                recoveries++;
                check(index >= 0, "recovered after a message that never was: " + replay);
                check(ids.size() == all.size() - index - 1, "not everything after " + replay + ": " + ids);
                return;
            }
            refusals += replay.lastSeenId() == null ? 0 : 1;
            lasts += ids.size();
            check(ids.size() <= replay.last(), "more than the newest " + replay.last());
            if (relay instanceof LocalRelay) {
                check(index < 0 || index < all.size() - 1 - KEPT, "refused although all is kept: " + replay);
                int expected = Math.min(replay.last(), Math.min(KEPT, all.size()));
                check(ids.size() == expected, ids.size() + " messages (expected: " + expected + ")");
                check(all.isEmpty() || replayed.position().equals(all.get(all.size() - 1)), "not the position");
            }
        }

        @Override
        public void start(RelayListener listener) {
            relay.start(listener);
        }

        @Override
        public void publish(Publication publication, PublishCallback callback) {
            relay.publish(publication, callback);
        }

        @Override
        public void subscribe(String channel, SubscribeCallback callback) {
            relay.subscribe(channel, callback);
        }

        @Override
        public void unsubscribe(String channel) {
            relay.unsubscribe(channel);
        }

        @Override
        public void history(String channel, String afterId, int limit, HistoryCallback callback) {
            relay.history(channel, afterId, limit, callback);
        }

        @Override
        public String trouble() {
            return relay.trouble();
        }

        @Override
        public void close() {
            relay.close();
        }
    }

    /** A connection with subscriptions that does random actions in its callbacks. */
    private final class Connection implements Subscriber {
        private final FakeShardThread thread;
        private final Shard shard;
        private final Map<String, Subscribed> subscriptions = new HashMap<>();
        private boolean touched;

        Connection(int number) {
            this.thread = threads.get(number);
            this.shard = hub.shards().get(number);
        }

        void onThread(Runnable task) {
            thread.run(task);
        }

        void subscribe(String channel) {
            if (subscriptions.containsKey(channel)) {
                return;
            }
            Subscribed subscribed = new Subscribed();
            subscriptions.put(channel, subscribed);
            model.computeIfAbsent(channel, name -> new HashSet<>()).add(subscribed);
            Replay replay = random.nextInt(2) == 0 ? null : replay(channel);
            if (replay != null) {
                replays.put(replay, subscribed);
            }
            subscribed.subscription = shard.subscribe(channel, replay, this, new SubscriptionCallback() {
                @Override
                public void onLive(Start start) {
                    check(replay == null ? start == null : subscribed.replayed != null, "a start without a replay");
                    if (start != null) {
                        check(
                                start.equals(new Start(
                                        subscribed.replayed.complete(),
                                        subscribed.replayed.messages().size(),
                                        subscribed.replayed.position())),
                                "another start than the relay's: " + start);
                    }
                    Connection.this.onLive(channel, subscribed);
                }

                @Override
                public void onFailed(String reason) {
                    onFailure(channel, subscribed, reason);
                }
            });
        }

        private Replay replay(String channel) {
            int last = random.nextBoolean() ? 0 : random.nextInt(KEPT + 10);
            return new Replay(random.nextInt(3) == 0 ? null : lastSeen(channel), last);
        }

        /** The id of a random message of the channel, sometimes one that is no longer kept, or none at all. */
        private String lastSeen(String channel) {
            List<String> all = log.getOrDefault(channel, List.of());
            if (all.isEmpty() || random.nextInt(20) == 0) {
                return "nobody-1";
            }
            String id = all.get(all.size() - 1 - random.nextInt(Math.min(all.size(), KEPT + KEPT / 4)));
            return id.equals(LOST) ? "lost-1" : id;
        }

        private void onFailure(String channel, Subscribed subscribed, String reason) {
            check(thread.isCurrent(), "failed on another thread");
            check(reason.startsWith("not subscribed"), "failed for another reason: " + reason);
            check(subscribed.subscription != null, "failed before there was a subscription");
            check(!subscribed.live, "failed when it was live");
            check(!subscribed.ended, "failed after its end");
            failures++;
            subscribed.live = true; // so that it is not called again
            forget(channel, subscribed);
            if (!ending && random.nextInt(3) == 0) {
                subscribe(channel);
            }
        }

        private void forget(String channel, Subscribed subscribed) {
            subscriptions.remove(channel);
            subscribed.ended = true;
            model.computeIfPresent(channel, (name, all) -> all.remove(subscribed) && all.isEmpty() ? null : all);
        }

        private void onLive(String channel, Subscribed subscribed) {
            check(thread.isCurrent(), "went live on another thread");
            check(!subscribed.live, "went live twice");
            check(!subscribed.ended, "went live after its end");
            subscribed.live = true;
            if (subscribed.subscription != null && random.nextInt(10) == 0) {
                unsubscribe(channel);
                subscribe(channelToSubscribe());
            }
        }

        void unsubscribe(String channel) {
            Subscribed subscribed = subscriptions.get(channel);
            if (subscribed == null || subscribed.subscription == null) {
                return;
            }
            forget(channel, subscribed);
            shard.unsubscribe(subscribed.subscription);
        }

        void publish() {
            byte[] payload = random.nextInt(500) == 0 ? LARGE : SMALL;
            relay.publish(new Publication(channel(), EVENT, payload, null), outcome -> {
                String id = ((PublishOutcome.Accepted) outcome).id();
                publishers.put(id, this);
                shard.execute(() -> publishers.remove(id));
            });
        }

        /** At once, so that messages of the ended subscription would reach the new one if they could. */
        void subscribeAgain(String channel) {
            if (subscriptions.containsKey(channel)) {
                unsubscribe(channel);
                subscribe(channel);
            }
        }

        void close() {
            List.copyOf(subscriptions.keySet()).forEach(this::unsubscribe);
        }

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            check(thread.isCurrent(), "called on another thread");
            String channel = between(batch.message(0).suffix(), "\"channel\":\"");
            Subscribed subscribed = subscriptions.get(channel);
            check(subscribed != null, "a message of a channel that is not subscribed");
            check(subscribed.live, "a message before the barrier");
            for (int i = 0; i < batch.size(); i++) {
                long seq = batch.position(i) - base;
                if (seq > 0) {
                    while (LOST.equals(subscribed.expected.peek())) {
                        subscribed.expected.remove();
                        subscribed.seq++;
                        holes++;
                    }
                    check(seq == ++subscribed.seq, "seq " + seq + " (expected: " + subscribed.seq + ")");
                    String id = between(batch.message(i).prefix(), "\"id\":\"");
                    check(id.equals(subscribed.expected.poll()), "another message than expected");
                    check(publishers.get(id) != this, "the publisher's own copy before its reply");
                    deliveries++;
                }
            }
            boolean first = !touched;
            touched = true;
            if (!ending) {
                act(channel);
            }
            return first;
        }

        @Override
        public void onRecovered(Batch batch, long base) {
            boolean before = touched;
            onBroadcasts(batch, base);
            touched = before; // its output does not matter
        }

        private void act(String channel) {
            switch (random.nextInt(60)) {
                case 0 -> unsubscribe(channel);
                case 1 -> subscribeAgain(channel);
                case 2 -> close();
                case 3 -> subscribe(channelToSubscribe());
                case 4 -> unsubscribe(channel());
                case 5 -> publish();
                default -> {}
            }
        }

        @Override
        public void onTurnEnd() {
            check(thread.isCurrent(), "called on another thread");
            check(touched, "told to write though nothing came, or twice");
            touched = false;
            if (!ending && random.nextInt(60) == 0) {
                close();
            }
        }

        private String between(byte[] json, String start) {
            String text = new String(json, 0, Math.min(json.length, 120), UTF_8);
            int from = text.indexOf(start) + start.length();
            return text.substring(from, text.indexOf('"', from));
        }
    }
}
