package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contents of a {@link LocalRelay} when its accounts are full. */
final class KeptTest {
    private static final int STEPS = Integer.getInteger("kept.steps", 50_000);

    private static final byte[] EVENT = "\"e\"".getBytes(UTF_8);
    private static final HistoryConfig HISTORY = new HistoryConfig(List.of(
            new HistoryConfig.Rule("kept:", 100_000, Duration.ofMinutes(10)),
            new HistoryConfig.Rule("few:", 3, Duration.ofMinutes(10))));

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final List<String> delivered = new ArrayList<>();
    private Account account;

    @AfterEach
    void close() {
        metrics.close();
    }

    private LocalRelay relay(long accountBytes) {
        MemoryBudget budget = new MemoryBudget(accountBytes * 4, metrics);
        account = budget.account(Purpose.HISTORY);
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), HISTORY, budget);
        relay.start(listener(message -> delivered.add(message.id())));
        return relay;
    }

    private interface Delivery {
        void on(Message message);
    }

    private static RelayListener listener(Delivery delivery) {
        return new RelayListener() {
            @Override
            public void onMessage(Message message) {
                delivery.on(message);
            }

            @Override
            public void onLoss(String channel, long count) {
                throw new AssertionError(count + " of " + channel);
            }
        };
    }

    private static byte[] payload(int length) {
        return "1".repeat(length).getBytes(UTF_8);
    }

    private static PublishOutcome publish(LocalRelay relay, String channel, int length, String key) {
        AtomicReference<PublishOutcome> outcome = new AtomicReference<>();
        relay.publish(new Publication(channel, EVENT, payload(length), key), outcome::set);
        return outcome.get();
    }

    private static String publish(LocalRelay relay, String channel, int length) {
        return ((PublishOutcome.Accepted) publish(relay, channel, length, null)).id();
    }

    private static Replayed replay(LocalRelay relay, String channel, String lastSeen) {
        AtomicReference<Replayed> replayed = new AtomicReference<>();
        relay.replay(channel, new Replay(lastSeen, 0), new ReplayCallback() {
            @Override
            public void onReplayed(Replayed answer) {
                replayed.set(answer);
            }

            @Override
            public void onFailed(String reason) {
                throw new AssertionError(reason);
            }
        });
        return replayed.get();
    }

    private static int kept(LocalRelay relay, String channel) {
        AtomicReference<HistoryOutcome> outcome = new AtomicReference<>();
        relay.history(channel, null, 1_000, outcome::set);
        return ((HistoryOutcome.Page) outcome.get()).messages().size();
    }

    @Test
    void oldestMessagesGoFirst_whateverTheirChannel_whenTheAccountIsFull() {
        LocalRelay relay = relay(1_000_000);
        for (int i = 0; i < 1_000; i++) {
            publish(relay, "kept:" + i, 10_000);
            time.advance(Duration.ofMillis(11));
            assertThat(account.used()).isLessThanOrEqualTo(account.limit());
        }

        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            if (kept(relay, "kept:" + i) == 1) {
                kept.add(i);
            }
        }
        assertThat(kept).hasSizeBetween(80, 98);
        assertThat(kept)
                .isEqualTo(IntStream.range(1_000 - kept.size(), 1_000).boxed().toList());
    }

    @Test
    void oneChannelKeepsItsNewestMessages_whenItFillsTheAccountAlone() {
        LocalRelay relay = relay(100_000);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            ids.add(publish(relay, "kept:a", 1_000));
        }
        int kept = kept(relay, "kept:a");

        assertThat(kept).isBetween(70, 80);
        assertThat(replay(relay, "kept:a", ids.get(499 - kept)).complete()).isTrue();
        assertThat(replay(relay, "kept:a", ids.get(498 - kept)).complete()).isFalse();
        assertThat(replay(relay, "kept:a", ids.get(499)).complete())
                .as("the counter goes on")
                .isTrue();
    }

    @Test
    void aMessageThatIsTooLargeForTheAccount_isDeliveredAndNotKept() {
        LocalRelay relay = relay(100_000);
        String before = publish(relay, "kept:a", 10);
        String large = publish(relay, "kept:a", 200_000);

        assertThat(delivered).containsExactly(before, large);
        assertThat(account.used()).isLessThanOrEqualTo(account.limit());
        assertThat(replay(relay, "kept:a", before).complete()).isFalse();
    }

    @Test
    void idempotencyKeysAndMessages_areDroppedInOrderOfAge() {
        LocalRelay relay = relay(100_000);
        publish(relay, "kept:old", 20_000);
        time.advance(Duration.ofSeconds(1));
        PublishOutcome first = publish(relay, "a", 1, "key");
        time.advance(Duration.ofSeconds(1));
        publish(relay, "kept:young", 20_000);
        time.advance(Duration.ofSeconds(1));
        publish(relay, "kept:more", 50_000);
        time.advance(Duration.ofSeconds(1));

        publish(relay, "kept:more", 10_000);
        assertThat(kept(relay, "kept:old")).isZero();
        assertThat(publish(relay, "a", 1, "key")).as("still known").isEqualTo(first);

        publish(relay, "kept:more", 20_000);
        assertThat(kept(relay, "kept:young")).isZero();
        assertThat(publish(relay, "a", 1, "key")).as("forgotten before").isNotEqualTo(first);
    }

    @Test
    void countersWithoutMessages_areBounded_andGoBeforeMessages() {
        LocalRelay relay = relay(100_000);
        publish(relay, "kept:message", 1);
        String first = replay(relay, "kept:counter0", null).position();
        for (int i = 1; i < 10_000; i++) {
            time.advanceNanos(1);
            replay(relay, "kept:counter" + i, null);
            assertThat(account.used()).isLessThanOrEqualTo(account.limit());
        }

        assertThat(kept(relay, "kept:message")).isEqualTo(1);
        assertThat(replay(relay, "kept:counter0", first).complete()).isFalse();
        String last = replay(relay, "kept:counter9999", null).position();
        assertThat(replay(relay, "kept:counter9999", last).complete()).isTrue();
    }

    @Test
    void memoryIsGivenBack_whenMessagesExpireAndCountersEnd() {
        LocalRelay relay = relay(10_000_000);
        long empty = account.used();
        for (int i = 0; i < 1_000; i++) {
            publish(relay, "kept:" + i, 1_000, "key" + i);
            publish(relay, "kept:" + i, 1_000, null);
        }
        long full = account.used();
        time.advance(Duration.ofMinutes(11));
        for (int i = 0; i < 1_000; i++) {
            replay(relay, "few:" + i, null); // visits every lane
        }
        assertThat(account.used()).as("counters are left").isLessThan(full / 3);
        time.advance(Duration.ofHours(2));
        for (int i = 0; i < 1_000; i++) {
            replay(relay, "few:" + i, null);
            time.advance(Duration.ofHours(2));
        }
        publish(relay, "a", 1, "last key");

        assertThat(account.used() - empty).as("tables of the maps are left").isLessThan(60_000);
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"history\"} 0.0");
    }

    /**
     * Compares random publishes, recoveries and times with the accepted messages; the account is full most of the time.
     */
    @Test
    void recovery_isCompleteOrRefused_whateverWasDropped() {
        long seed = Long.getLong("kept.seed", System.nanoTime());
        System.out.println("kept.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        LocalRelay relay = relay(200_000);
        Map<String, List<String>> accepted = new HashMap<>();
        int complete = 0;
        int refused = 0;
        for (int step = 0; step < STEPS; step++) {
            String channel = (random.nextBoolean() ? "kept:" : "few:") + random.nextInt(1 + random.nextInt(60));
            List<String> ids = accepted.computeIfAbsent(channel, name -> new ArrayList<>());
            if (ids.isEmpty() || random.nextInt(3) > 0) {
                String key = random.nextInt(4) == 0 ? "key" + step : null;
                ids.add(((PublishOutcome.Accepted) publish(relay, channel, 1 + random.nextInt(3_000), key)).id());
                assertThat(account.used()).isBetween(0L, account.limit());
            } else {
                int from = Math.max(0, ids.size() - 1 - random.nextInt(8));
                Replayed replayed = replay(relay, channel, ids.get(from));
                if (replayed.complete()) {
                    complete++;
                    assertThat(replayed.messages().stream().map(Message::id))
                            .isEqualTo(ids.subList(from + 1, ids.size()));
                } else {
                    refused++;
                    assertThat(replayed.messages()).isEmpty();
                }
            }
            time.advanceNanos(random.nextInt(1_000_000_000));
        }
        assertThat(complete).isGreaterThan(STEPS / 50);
        assertThat(refused).isGreaterThan(STEPS / 50);
    }

    @Test
    void publishesThatWaitForALane_areBounded_andNoneThatWasAcceptedIsLost() throws Exception {
        MemoryBudget budget = new MemoryBudget(1_000_000, metrics);
        Account publishes = budget.account(Purpose.PUBLISHES);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch free = new CountDownLatch(1);
        List<String> accepted = new ArrayList<>();
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), HistoryConfig.NONE, budget);
        relay.start(listener(message -> {
            delivered.add(message.id());
            held.countDown();
            try {
                free.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }));
        Thread holder = new Thread(() -> accepted.add(publish(relay, "a", 1)));
        holder.start();
        held.await();
        List<String> waiting = new ArrayList<>();
        PublishOutcome outcome = publish(relay, "a", 10_000, null);
        while (outcome instanceof PublishOutcome.Accepted accept && waiting.size() < 100) {
            waiting.add(accept.id());
            outcome = publish(relay, "a", 10_000, null);
        }

        assertThat(outcome).isEqualTo(new PublishOutcome.NotPublished("not published: the relay does not keep up"));
        assertThat(waiting).hasSizeBetween(8, 9);
        assertThat(publishes.used()).isBetween(80_000L, 100_000L);
        free.countDown();
        holder.join();
        accepted.addAll(waiting);
        assertThat(delivered).isEqualTo(accepted);
        assertThat(publishes.used()).isZero();
        assertThat(publish(relay, "a", 10_000, null)).isInstanceOf(PublishOutcome.Accepted.class);
    }

    @Test
    void accountIsHeld_whenManyThreadsPublishAndRecover() throws Exception {
        LocalRelay relay = relay(400_000);
        relay.start(listener(message -> {}));
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int number = t;
            threads.add(new Thread(() -> {
                SplittableRandom random = new SplittableRandom(number);
                for (int i = 0; i < STEPS * 2 / 5; i++) {
                    String channel = "kept:" + random.nextInt(200);
                    publish(relay, channel, 1 + random.nextInt(500), i % 3 == 0 ? number + "-" + i : null);
                    if (i % 5 == 0) {
                        replay(relay, "few:" + random.nextInt(1_000_000), null);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        publish(relay, "kept:last", 1);

        assertThat(account.used()).isBetween(account.limit() / 2, account.limit());
        time.advance(Duration.ofHours(3));
        for (int i = 0; i < 2_000; i++) {
            replay(relay, "few:" + i, null);
            time.advance(Duration.ofHours(3));
        }
        publish(relay, "kept:last", 1, "key");
        assertThat(account.used()).as("tables of the maps, and what is new").isLessThan(80_000);
    }

    private static HistoryOutcome extent(LocalRelay relay, String channel) {
        AtomicReference<HistoryOutcome> outcome = new AtomicReference<>();
        relay.extent(channel, outcome::set);
        return outcome.get();
    }

    private static HistoryOutcome delete(LocalRelay relay, String channel) {
        AtomicReference<HistoryOutcome> outcome = new AtomicReference<>();
        relay.deleteHistory(channel, outcome::set);
        return outcome.get();
    }

    @Test
    void extent_isTheNumberOfKeptMessages_andThePosition() {
        LocalRelay relay = relay(1_000_000);
        assertThat(extent(relay, "kept:a")).isEqualTo(new HistoryOutcome.Extent(0, null));
        publish(relay, "kept:a", 10);
        String last = publish(relay, "kept:a", 10);

        assertThat(extent(relay, "kept:a")).isEqualTo(new HistoryOutcome.Extent(2, last));
        assertThat(extent(relay, "a")).isEqualTo(new HistoryOutcome.NoHistory());
    }

    @Test
    void deletedHistory_givesItsMemoryBack_andItsPositionsAreRefused() {
        LocalRelay relay = relay(1_000_000);
        publish(relay, "kept:a", 10);
        assertThat(delete(relay, "kept:a")).isEqualTo(new HistoryOutcome.Deleted());
        long empty = account.used();
        String first = publish(relay, "kept:a", 10);
        publish(relay, "kept:a", 1_000);
        assertThat(replay(relay, "kept:a", first).complete()).isTrue();
        assertThat(account.used()).isGreaterThan(empty + 1_000);
        delete(relay, "kept:a");

        assertThat(account.used()).isEqualTo(empty);
        assertThat(extent(relay, "kept:a")).isEqualTo(new HistoryOutcome.Extent(0, null));
        assertThat(replay(relay, "kept:a", first).complete()).isFalse();
        assertThat(delete(relay, "kept:b")).isEqualTo(new HistoryOutcome.Deleted());
        assertThat(delete(relay, "a")).isEqualTo(new HistoryOutcome.NoHistory());
    }

    @Test
    void aPublishThatMakesRoom_dropsFewMessages_howeverLargeTheAccountIs() {
        LocalRelay relay = relay(40_000_000);
        long largest = 0;
        long before = 0;
        for (int i = 0; i < 12_000; i++) {
            publish(relay, "kept:a", 5_000);
            largest = Math.max(largest, before - account.used());
            before = account.used();
        }

        assertThat(largest).isBetween(1L, 100_000L);
        assertThat(account.used()).isBetween(account.limit() * 9 / 10, account.limit());
    }
}
