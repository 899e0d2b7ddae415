package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeTime;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The received channels compared with a very simple model: a channel is the list of its accepted messages. A million
 * random steps each, over {@link ModelRedis}; {@code -Dchannel.seed=…} repeats a run.
 *
 * <p>Checked: the messages of a channel arrive in order, none twice. Between two of them the reported losses equal the
 * missing messages; if a server was replaced, they are at least one. A replay that claims to be complete is complete.
 * No message arrives of a channel that was left 10 s ago. Each subscribe and each replay is answered once and in time.
 * When all servers are healthy, every wanted channel gets its last message.
 */
final class ChannelModelTest {
    private static final int STEPS = Integer.getInteger("channel.steps", 1_000_000);
    private static final int CHANNELS = 16; // a half of them with a history
    private static final int KEPT = 20;
    private static final long SECOND = 1_000_000_000L;
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", KEPT, Duration.ofHours(1))));

    private final long seed = Long.getLong("channel.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final Account subscriptions = new MemoryBudget(1L << 40, metrics).account(Purpose.SUBSCRIPTIONS);
    private final Account histories = new MemoryBudget(1L << 40, metrics).account(Purpose.HISTORY);
    private final KeyNames names = new KeyNames("model", 0);
    private final Map<String, ModelChannel> byName = new HashMap<>();
    private final List<ModelChannel> all = new ArrayList<>();
    private final Set<Pending> pending = new HashSet<>();
    private final RelayListener listener = new RelayListener() {
        @Override
        public void onMessage(Message message) {
            byName.get(message.channel()).onMessage(Integer.parseInt(new String(message.payload(), US_ASCII)));
        }

        @Override
        public void onLoss(String channel, long count) {
            byName.get(channel).onLoss(count);
        }
    };
    private final Delivery delivery = new Delivery(listener, () -> {}, time, metrics.relay());
    private ModelRedis redis;
    private ReceivedChannels channels;
    private boolean exact; // every loss is reported with its size
    private long delivered;
    private long lost;
    private long completed;
    private long refused;
    private long failed;

    /** A subscribe or a replay that was not answered. */
    private static final class Pending {
        final ModelChannel channel;
        final boolean isSubscribe;
        final long nanos;

        Pending(ModelChannel channel, boolean isSubscribe, long nanos) {
            this.channel = channel;
            this.isSubscribe = isSubscribe;
            this.nanos = nanos;
        }
    }

    private final class ModelChannel {
        final ChannelKey key;
        final List<String> accepted = new ArrayList<>(); // the positions, as ids
        final Map<String, Integer> numbers = new HashMap<>(); // by position
        int wanted;
        long leftNanos;
        int confirmed = -1; // messages that were accepted at the first confirmation; negative before
        int next = -1; // the number of the next message; negative if unknown
        long told; // losses since the last message
        int recovered =
                -1; // the end of the last replay that was complete, until the next message; negative if none was
        long toldSince; // losses since that replay
        boolean moved; // since everything was healthy
        boolean doubtful; // moved to a server that was replaced, perhaps before the node subscribed there
        int late; // pushes with a used offset that were not reported as lost, 0 or 1

        ModelChannel(String name) {
            key = ChannelKey.of(name, names, HISTORY);
        }

        void publish(boolean pushed) {
            Position position = redis.publish(key, accepted.size(), pushed);
            numbers.put(position.id(), accepted.size());
            accepted.add(position.id());
        }

        /** One at a time, and only while the channel is live: other pushes meanwhile are in order. */
        void publishLate() {
            ReceivedChannel received = received().get(key.name());
            if (late == 0 && received != null && received.state().kind == State.Kind.LIVE) {
                late = redis.publishLate(key, Integer.MAX_VALUE) ? 1 : 0;
            }
        }

        void onMessage(int number) {
            delivered++;
            check(wanted > 0 || time.nanos() - leftNanos < 11 * SECOND, "a message long after the unsubscribe");
            if (wanted == 0) {
                return;
            }
            if (recovered >= 0 && !doubtful) {
                long missing = number - recovered - 1;
                check(
                        missing <= 0 || toldSince >= (exact ? missing : 1),
                        "complete to " + recovered + ", then " + number + ", and not reported");
            }
            recovered = -1;
            if (doubtful) {
                check(number >= next, "message " + number + " again (expected: " + next + " or later)");
            } else if (next >= 0) {
                check(number >= next, "message " + number + " again (expected: " + next + " or later)");
                checkLosses(number - next);
            } else if (confirmed >= 0) {
                check(number <= confirmed || told >= (exact ? number - confirmed : 1), "a hole that was not reported");
            }
            next = number + 1;
            told = 0;
        }

        /** The losses that were reported since the last message, of {@code missing} messages that did not arrive. */
        private void checkLosses(long missing) {
            check(missing == 0 || told > 0, missing + " messages did not arrive, and not reported");
            check(!exact || told >= missing, told + " losses (expected: " + missing + ")");
            check(!exact || told <= missing + late, told + " losses (expected: " + missing + ", late: " + late + ")");
            late -= told > missing ? late : 0;
        }

        void onLoss(long count) {
            check(count > 0, "a loss of " + count);
            lost += count;
            told += count;
            toldSince += count;
        }

        void subscribe() {
            boolean first = wanted++ == 0;
            if (first) {
                confirmed = -1;
                next = -1;
                told = 0;
                recovered = -1;
            }
            Pending subscribe = new Pending(this, true, time.nanos());
            pending.add(subscribe);
            channels.subscribe(key.name(), new SubscribeCallback() {
                @Override
                public void onSubscribed() {
                    answered(subscribe);
                    if (confirmed < 0) {
                        confirmed = accepted.size();
                    }
                }

                @Override
                public void onFailed(String reason) {
                    answered(subscribe);
                    failed++;
                }
            });
        }

        void unsubscribe() {
            if (--wanted == 0) {
                leftNanos = time.nanos();
                pending.removeIf(p -> p.channel == this && p.isSubscribe);
            }
            channels.unsubscribe(key.name());
        }

        void replay() {
            if (key.rule() == null || wanted == 0 || confirmed < 0) {
                return;
            }
            String lastSeen = null;
            if (random.nextInt(3) > 0 && !accepted.isEmpty()) {
                lastSeen = accepted.get(accepted.size() - 1 - random.nextInt(Math.min(accepted.size(), KEPT + 5)));
            }
            String id = lastSeen;
            int last = random.nextInt(3) > 0 ? 0 : 1 + random.nextInt(10);
            Pending replay = new Pending(this, false, time.nanos());
            pending.add(replay);
            channels.replay(key.name(), new Replay(id, last), new ReplayCallback() {
                @Override
                public void onReplayed(Replayed replayed) {
                    answered(replay);
                    checkReplayed(id, last, replayed);
                }

                @Override
                public void onFailed(String reason) {
                    answered(replay);
                    failed++;
                }
            });
        }

        private void checkReplayed(String lastSeen, int last, Replayed replayed) {
            if (doubtful) {
                return; // the offsets of lost messages may have been used again in the same epoch
            }
            List<Integer> got = replayed.messages().stream()
                    .map(message -> numbers.get(message.id()))
                    .toList();
            for (int i = 1; i < got.size(); i++) {
                check(got.get(i) == got.get(i - 1) + 1, "a gap in a replay: " + got);
            }
            Integer end = numbers.get(replayed.position());
            if (next >= 0 && told == 0 && wanted > 0) {
                check(end != null && end == next - 1, "the position " + end + " (expected: " + (next - 1) + ")");
            }
            check(
                    got.isEmpty() || (end != null && got.get(got.size() - 1).equals(end)),
                    "a replay that does not end at the position " + end + ": " + got);
            if (replayed.complete()) {
                completed++;
                int start = numbers.get(lastSeen);
                check(end != null && got.size() == end - start, "complete after " + start + ", to " + end + ": " + got);
                recovered = wanted > 0 ? end : -1;
                toldSince = 0;
            } else {
                refused++;
                check(got.size() <= last, "more than the newest " + last + ": " + got);
                check(lastSeen == null || HistoryId.parse(lastSeen) != null, "refused without a position");
            }
        }
    }

    private void answered(Pending answered) {
        check(pending.remove(answered), "answered twice, or after it was taken back");
    }

    private void check(boolean right, String problem) {
        if (!right) {
            throw new AssertionError(problem + " (channel.seed=" + seed + ")");
        }
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void everyLoss_isRepairedOrReportedWithItsSize_whenTheServerKeepsItsCounters() throws Exception {
        exact = true;
        run(1);
        assertThat(completed).as("complete replays").isGreaterThan(STEPS / 1000);
    }

    @Test
    void everyLoss_isRepairedOrReported_whenServersAreReplacedAndPartitionsMove() throws Exception {
        run(3);
        assertThat(completed).as("complete replays").isGreaterThan(STEPS / 1000);
    }

    private void run(int servers) throws Exception {
        System.out.println("channel.seed=" + seed);
        redis = new ModelRedis(servers, random.split(), time);
        channels =
                new ReceivedChannels(names, HISTORY, redis, delivery, subscriptions, histories, time, metrics.relay());
        redis.start(channels);
        for (int i = 0; i < CHANNELS; i++) {
            ModelChannel channel = new ModelChannel((i % 2 == 0 ? "kept:" : "plain:") + i);
            all.add(channel);
            byName.put(channel.key.name(), channel);
        }
        for (int step = 1; step <= STEPS; step++) {
            step(random.nextInt(10_000), all.get(random.nextInt(CHANNELS)), redis.random());
            if (step % 20_000 == 0) {
                settle();
            }
        }
        for (ModelChannel channel : all) {
            while (channel.wanted > 0) {
                channel.unsubscribe();
            }
        }
        settle();
        checkNothingIsLeft();
        System.out.printf(
                "%d delivered, %d lost, %d complete, %d not, %d failed, %s repaired%n",
                delivered, lost, completed, refused, failed, metric("messages_repaired_total"));
        assertThat(delivered).as("messages").isGreaterThan(STEPS / 20);
        assertThat(lost).as("losses").isGreaterThan(STEPS / 1000);
        assertThat(refused).as("replays that are not complete").isGreaterThan(STEPS / 1000);
        assertThat(failed).as("subscribes and replays that fail").isPositive();
        assertThat(metric("messages_repaired_total")).as("repaired messages").isGreaterThan(STEPS / 200.0);
        assertThat(metric("resubscriptions_total")).as("resubscriptions").isGreaterThan(STEPS / 1000.0);
    }

    private void step(int what, ModelChannel channel, ModelRedis.Server server) {
        if (what < 2_000) {
            channel.publish(random.nextInt(200) > 0);
        } else if (what < 5_000) {
            server.runCommand();
        } else if (what < 8_000) {
            server.runAnswer();
        } else if (what < 8_300) {
            channels.askForWanted();
        } else if (what < 8_450) {
            if (channel.wanted < 3) {
                channel.subscribe();
            }
        } else if (what < 8_550) {
            if (channel.wanted > 0) {
                channel.unsubscribe();
            }
        } else if (what < 8_850) {
            channel.replay();
        } else if (what < 9_900) {
            advance(10 + random.nextInt(40));
        } else if (what < 9_910) {
            channel.publishLate();
        } else if (what < 9_930) {
            server.disconnect();
        } else if (what < 9_970) {
            server.connect();
        } else if (what < 9_972) {
            server.silent = true;
        } else if (what < 9_980) {
            server.silent = false;
        } else if (what < 9_984) {
            redis.trim(channel.key, random.nextInt(KEPT));
        } else if (redis.servers().size() > 1) {
            fault(what, channel, server);
        }
    }

    private void fault(int what, ModelChannel channel, ModelRedis.Server server) {
        if (what < 9_986) {
            all.stream().filter(c -> redis.owner(c.key) == server && c.moved).forEach(c -> c.doubtful = true);
            server.fail();
            if (random.nextBoolean()) {
                server.connect();
            }
        } else if (what < 9_990) {
            if (redis.owner(channel.key) != server) {
                redis.move(channel.key, server);
                all.stream()
                        .filter(c -> c.key.partition() == channel.key.partition())
                        .forEach(c -> c.moved = true);
            }
        } else if (what < 9_996) {
            redis.look();
        } else {
            server.late = !server.late;
        }
    }

    private void advance(int millis) {
        time.advance(Duration.ofMillis(millis));
        long now = time.nanos();
        channels.onTick(now);
        for (Pending waiting : pending) {
            check(now - waiting.nanos <= 5 * SECOND + 100_000_000, "not answered in time");
        }
    }

    /** Lets all servers and channels recover: then every wanted channel gets its last message. */
    private void settle() {
        redis.heal();
        all.forEach(channel -> channel.publish(true));
        for (int i = 0; i < 150; i++) {
            redis.settle();
            advance(100);
            channels.askForWanted();
        }
        all.forEach(channel -> channel.publish(true));
        redis.settle();
        advance(1);
        redis.settle();
        for (ModelChannel channel : all) {
            channel.moved = false;
            channel.doubtful = false;
            channel.late = 0;
            check(
                    channel.wanted == 0 || channel.next == channel.accepted.size(),
                    "stuck: " + channel.key + " at " + channel.next + " of " + channel.accepted.size());
        }
        check(pending.isEmpty(), "not answered");
        redis.refuses = true;
    }

    private void checkNothingIsLeft() throws Exception {
        for (String map : List.of("byName", "byTopic")) {
            assertThat((Map<?, ?>) field(channels, map)).as(map).isEmpty();
        }
        Object recoveries = field(channels, "recoveries");
        assertThat((Set<?>) field(recoveries, "waiting")).isEmpty();
        assertThat((Map<?, ?>) field(recoveries, "remembering")).isEmpty();
        assertThat(histories.used()).isZero();
    }

    @SuppressWarnings("unchecked")
    private Map<String, ReceivedChannel> received() {
        try {
            return (Map<String, ReceivedChannel>) field(channels, "byName");
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Object field(Object object, String name) throws ReflectiveOperationException {
        Field field = object.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }

    private double metric(String name) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("broadcaster_relay_" + name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
