package dev.broadcaster.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ShardTest {
    private static final int LARGE = 100_000;

    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
    private final FakeShardThread thread = new FakeShardThread(new AtomicReference<>());
    private final Counting subscriber = new Counting();
    private LocalRelay relay;
    private int published;

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void aDrainStops_whenItHasTakenHalfAMegabyte_andGoesOnLater() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        for (int i = 0; i < 20; i++) {
            publishLarge(hub);
        }

        drainAll();

        assertThat(subscriber.drains).containsExactly(6, 6, 6, 2);
    }

    /** An offer during a drain schedules the next drain; once the limit applied only without one. */
    @Test
    void aDrainStops_whenItHasTakenHalfAMegabyte_alsoWhileOthersPublish() {
        AtomicReference<Hub> hub = new AtomicReference<>();
        // The shard reads the clock in the middle of a drain: at this moment another thread publishes a message.
        hub.set(hub(new Time() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public long epochMillis() {
                if (published == 20) {
                    publishLarge(hub.get());
                }
                return 0;
            }
        }));
        subscribe(hub.get());
        for (int i = 0; i < 20; i++) {
            publishLarge(hub.get());
        }

        drainAll();

        assertThat(subscriber.drains).containsExactly(6, 6, 6, 3);
    }

    @Test
    void aLoss_isAHole_onlyOnNodesWithASubscriber() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);

        hub.onLoss("a", 14);
        hub.onLoss("nobody:here", 3);

        assertThat(metrics.scrape()).contains("broadcaster_holes_total 1.0\n");
    }

    @Test
    void aTaskRunsBeforeTheMessageOfferedAfterIt_whenTheDrainWasScheduledLongAgo() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        publish(hub);

        hub.shards().get(0).execute(() -> subscriber.log.add("reply"));
        publish(hub);
        drainAll();

        assertThat(subscriber.log).containsExactly("reply", "2 messages", "written");
    }

    @Test
    void aTaskRunsBeforeTheMessageOfferedAfterIt_whenTheDrainNoLongerGivesWay() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        for (int round = 0; round < 8; round++) {
            publish(hub);
            thread.runOne();
        }

        hub.shards().get(0).execute(() -> subscriber.log.add("reply"));
        publish(hub);
        drainAll();

        assertThat(subscriber.log).containsExactly("reply", "9 messages", "written");
    }

    @Test
    void tasksDoNotWait_untilNoMoreMessagesCome() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        for (int round = 0; round < 5; round++) {
            publish(hub);
            hub.shards().get(0).execute(() -> subscriber.log.add("reply"));
            thread.runOne();
        }

        assertThat(subscriber.log).containsExactly("reply", "reply", "reply", "reply", "reply");
    }

    @Test
    void manyTasksNeedOneDrain() {
        Shard shard = hub(Time.SYSTEM).shards().get(0);
        for (int i = 0; i < 100; i++) {
            shard.execute(() -> subscriber.log.add("reply"));
        }

        assertThat(thread.runOne()).isTrue();
        assertThat(thread.runOne()).isFalse();
        assertThat(subscriber.log).hasSize(100);
    }

    @Test
    void tasksPerDrain_areBounded_andRunInOrder() {
        Shard shard = hub(Time.SYSTEM).shards().get(0);
        List<Integer> ran = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            int number = i;
            shard.execute(() -> ran.add(number));
        }

        assertThat(thread.runOne()).isTrue();
        assertThat(ran).hasSizeBetween(1_000, 19_000);
        drainAll();
        assertThat(ran).hasSize(20_000).isSorted();
    }

    /** When thousands of clients wait for replays, Redis answers all of them together. */
    @Test
    void replaysPerDrain_areBounded_byTheirMessages() {
        HistoryConfig history = new HistoryConfig(List.of(new HistoryConfig.Rule("a", 1_000, Duration.ofMinutes(10))));
        Hub hub = hub(Time.SYSTEM, history, List.of(thread));
        byte[] json = "1".getBytes(UTF_8);
        for (int i = 0; i < 1_000; i++) {
            relay.publish(new Publication("a", json, json, null), outcome -> {});
        }
        List<Subscription> waiting = new ArrayList<>();
        thread.run(() -> {
            for (int i = 0; i < 100; i++) {
                waiting.add(hub.shards().get(0).subscribe("a", null, subscriber, notYet()));
            }
        });
        drainAll();
        Shard shard = hub.shards().get(0);
        waiting.forEach(subscription -> {
            thread.run(() -> subscription.await(whatever()));
            hub.replay(subscription, new Replay(null, 1_000), shard);
        });

        assertThat(thread.runOne()).isTrue();
        assertThat(subscriber.log).hasSizeBetween(5, 20);
        drainAll();
        assertThat(subscriber.log).hasSize(100).containsOnly("1000 recovered");
    }

    @Test
    void aTaskRunsAtOnce_onTheShardsThread() {
        Shard shard = hub(Time.SYSTEM).shards().get(0);

        thread.run(() -> shard.execute(() -> subscriber.log.add("reply")));

        assertThat(subscriber.log).containsExactly("reply");
    }

    @Test
    void aTaskThatFails_doesNotAffectOthers() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        hub.shards().get(0).execute(() -> {
            throw new IllegalStateException("a bug, as this test wants it");
        });
        hub.shards().get(0).execute(() -> subscriber.log.add("reply"));
        publish(hub);

        drainAll();
        publish(hub);
        drainAll();

        assertThat(subscriber.log).containsExactly("reply", "1 messages", "written", "1 messages", "written");
    }

    @Test
    void aSubscriberThatFails_doesNotAffectOthers() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        Counting failing = new Counting();
        failing.fails = true;
        thread.run(() -> hub.shards().get(0).subscribe("a", null, failing, whatever()));
        Counting last = new Counting();
        thread.run(() -> hub.shards().get(0).subscribe("a", null, last, whatever()));

        publish(hub);
        drainAll();
        publish(hub);
        drainAll();

        assertThat(subscriber.drains).containsExactly(1, 1);
        assertThat(last.drains).containsExactly(1, 1);
    }

    @Test
    void anErrorOfATask_reachesTheThreadsHandler() {
        Shard shard = hub(Time.SYSTEM).shards().get(0);
        shard.execute(() -> {
            throw new OutOfMemoryError("as this test wants it");
        });
        AtomicReference<Throwable> handled = new AtomicReference<>();
        Thread.UncaughtExceptionHandler before = Thread.currentThread().getUncaughtExceptionHandler();
        Thread.currentThread().setUncaughtExceptionHandler((on, error) -> handled.set(error));
        try {
            assertThatThrownBy(this::drainAll).isInstanceOf(OutOfMemoryError.class);
        } finally {
            Thread.currentThread().setUncaughtExceptionHandler(before);
        }

        assertThat(handled.get()).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void drain_notifiesEachTouchedSubscriberOnce_afterTheHandOver() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        Shard shard = hub.shards().get(0);
        thread.run(() -> assertThat(shard.touch(subscriber)).isFalse());

        shard.execute(() -> {
            subscriber.log.add("reply");
            subscriber.touched = shard.touch(subscriber);
        });
        publish(hub);
        drainAll();

        assertThat(subscriber.log).containsExactly("reply", "1 messages", "written");
        thread.run(() -> assertThat(shard.touch(subscriber)).isFalse());
    }

    @Test
    void aDrainGivesWay_afterEveryFewWrites() {
        Hub hub = hub(Time.SYSTEM);
        List<Counting> subscribers = new ArrayList<>();
        for (int i = 0; i < 2 * Fanout.MAX_WRITES + 1; i++) {
            Counting another = new Counting();
            subscribers.add(another);
            thread.run(() -> hub.shards().get(0).subscribe("a", null, another, whatever()));
        }
        publish(hub);
        while (subscribers.stream().allMatch(another -> another.drains.isEmpty())) {
            assertThat(thread.runOne()).isTrue();
        }
        assertThat(subscribers.stream().filter(another -> !another.drains.isEmpty()))
                .hasSize(Fanout.MAX_WRITES);

        List<Long> written = new ArrayList<>();
        thread.execute(() -> written.add(subscribers.stream()
                .filter(another -> !another.drains.isEmpty())
                .count()));
        publish(hub); // while the others wait for the first: it is the second
        drainAll();

        assertThat(written).containsExactly(2L * Fanout.MAX_WRITES);
        assertThat(subscribers).allSatisfy(another -> assertThat(another.drains).containsExactly(1, 1));
    }

    @Test
    void aBatchWakesAShardOnce_whenItEnds() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);

        hub.onBatchBegin();
        publish(hub);
        publish(hub);
        assertThat(thread.runOne()).isFalse();
        hub.onBatchEnd();
        drainAll();
        publish(hub);
        drainAll();

        assertThat(subscriber.drains).containsExactly(2, 1);
    }

    @Test
    void aBatchWakesAShardBeforeItsEnd_whenItIsLarge() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);

        hub.onBatchBegin();
        publishLarge(hub);
        drainAll();

        assertThat(subscriber.drains).containsExactly(1);
    }

    @Test
    void aTaskRunsBeforeTheMessageOfferedAfterIt_alsoInABatch() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);

        hub.onBatchBegin();
        hub.shards().get(0).execute(() -> subscriber.log.add("reply"));
        publish(hub);
        drainAll();
        hub.onBatchEnd();
        drainAll();

        assertThat(subscriber.log).containsExactly("reply", "1 messages", "written");
    }

    @Test
    void turn_measuresTheLagOfItsFirstMessage_andTheFanoutOfEach() {
        FakeTime time = new FakeTime();
        Hub hub = hub(time);
        subscribe(hub);
        publish(hub);
        time.advance(Duration.ofMillis(2));
        publish(hub);
        time.advance(Duration.ofMillis(3));
        drainAll();
        drainAll(); // an empty turn measures nothing

        assertThat(metrics.scrape())
                .contains("broadcaster_shard_lag_seconds_count{shard=\"0\"} 1\n")
                .contains("broadcaster_shard_lag_seconds_sum{shard=\"0\"} 0.005\n")
                .contains("broadcaster_fanout_duration_seconds_count 2\n")
                .contains("broadcaster_fanout_duration_seconds_sum 0.008\n")
                .contains("broadcaster_messages_fanned_out_total 2.0\n")
                .contains("broadcaster_messages_delivered_total 2.0\n");
    }

    @Test
    void replays_areCounted_byOutcome_andWithTheirMessages() {
        FakeTime time = new FakeTime();
        HistoryConfig history = new HistoryConfig(List.of(new HistoryConfig.Rule("a", 10, Duration.ofMinutes(10))));
        Hub hub = hub(time, history, List.of(thread));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            byte[] json = "1".getBytes(UTF_8);
            relay.publish(
                    new Publication("a", json, json, null),
                    outcome -> ids.add(((PublishOutcome.Accepted) outcome).id()));
        }

        subscribe(hub, new Replay(ids.get(0), 0)); // two messages
        subscribe(hub, new Replay("unknown", 0)); // refused
        subscribe(hub, new Replay(null, 3)); // the newest three, no recovery
        drainAll();

        assertThat(subscriber.log).containsOnlyOnce("2 recovered").containsOnlyOnce("3 recovered");
        assertThat(metrics.scrape())
                .contains("broadcaster_recoveries_total{result=\"recovered\"} 1.0\n")
                .contains("broadcaster_recoveries_total{result=\"refused\"} 1.0\n")
                .contains("broadcaster_messages_recovered_total 5.0\n")
                .contains("broadcaster_messages_delivered_total 5.0\n");
    }

    @Test
    void hub_has64ShardsAtMost() {
        assertThat(hub(Time.SYSTEM, HistoryConfig.NONE, Collections.nCopies(64, thread))
                        .shards())
                .hasSize(64);
        assertThatThrownBy(() -> hub(Time.SYSTEM, HistoryConfig.NONE, Collections.nCopies(65, thread)))
                .hasMessage("threads: 65 (expected: <= 64)");
    }

    private Hub hub(Time time) {
        return hub(time, HistoryConfig.NONE, List.of(thread));
    }

    private Hub hub(Time time, HistoryConfig history, List<FakeShardThread> threads) {
        relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), history, budget);
        Hub hub = new Hub(
                relay, threads, budget.account(Purpose.FANOUT), budget.account(Purpose.SUBSCRIPTIONS), time, metrics);
        relay.start(hub);
        return hub;
    }

    private void subscribe(Hub hub) {
        subscribe(hub, null);
    }

    private void subscribe(Hub hub, Replay replay) {
        thread.run(() -> hub.shards().get(0).subscribe("a", replay, subscriber, whatever()));
    }

    private static SubscriptionCallback whatever() {
        return new SubscriptionCallback() {
            @Override
            public void onLive(Start start) {}

            @Override
            public void onFailed(String reason) {}
        };
    }

    private static SubscriptionCallback notYet() {
        return new SubscriptionCallback() {
            @Override
            public boolean mayGoLive() {
                return false;
            }

            @Override
            public void onLive(Start start) {}

            @Override
            public void onFailed(String reason) {}
        };
    }

    private void publish(Hub hub) {
        publish(hub, 1);
    }

    private void publishLarge(Hub hub) {
        publish(hub, LARGE);
    }

    private void publish(Hub hub, int bytes) {
        published++;
        hub.onMessage(new Message("m" + published, "t", "a", "\"e\"".getBytes(UTF_8), new byte[bytes]));
    }

    private void drainAll() {
        while (thread.runOne()) {
            // until no task is left
        }
    }

    /** Counts the messages of each drain. */
    private static final class Counting implements Subscriber {
        final List<Integer> drains = new ArrayList<>();
        final List<String> log = new ArrayList<>();
        boolean touched;
        boolean fails;
        private int messages;

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            if (fails) {
                throw new IllegalStateException("a bug, as this test wants it");
            }
            messages += batch.size();
            log.add(batch.size() + " messages");
            boolean first = !touched;
            touched = true;
            return first;
        }

        @Override
        public void onRecovered(Batch batch, long base) {
            log.add(batch.size() + " recovered");
        }

        @Override
        public void onTurnEnd() {
            log.add("written");
            drains.add(messages);
            messages = 0;
            touched = false;
        }
    }
}
