package dev.broadcaster.hub;

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
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The limits of messages that wait for an I/O thread that does not keep up. */
final class HubBacklogTest {
    private static final byte[] EVENT = "\"e\"".getBytes(UTF_8);
    private static final int LENGTH = 10_000;

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(1_000_000, metrics);
    private final Account waiting = budget.account(Purpose.FANOUT);
    private final FakeShardThread thread = new FakeShardThread(new AtomicReference<>());
    private final LocalRelay relay =
            new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), HistoryConfig.NONE, budget);
    private Hub hub = new Hub(relay, List.of(thread), waiting, budget.account(Purpose.SUBSCRIPTIONS), time, metrics);
    private final List<Long> seqs = new ArrayList<>();

    @AfterEach
    void close() {
        metrics.close();
    }

    private void subscribe() {
        relay.start(hub);
        subscribe(0, thread);
    }

    private void subscribe(int shard, FakeShardThread on) {
        Subscriber subscriber = new Subscriber() {
            @Override
            public boolean onBroadcasts(Batch batch, long base) {
                for (int i = 0; i < batch.size(); i++) {
                    seqs.add(batch.position(i) - base);
                }
                return true;
            }

            @Override
            public void onTurnEnd() {}

            @Override
            public void onRecovered(Batch batch, long base) {
                throw new AssertionError("nothing to recover");
            }
        };
        SubscriptionCallback callback = new SubscriptionCallback() {
            @Override
            public void onLive(Start start) {}

            @Override
            public void onFailed(String reason) {
                throw new AssertionError(reason);
            }
        };
        on.run(() -> hub.shards().get(shard).subscribe("a", null, subscriber, callback));
    }

    private void drainAll() {
        while (thread.runOne()) {
            // until no task is left
        }
    }

    private PublishOutcome publish(String channel) {
        AtomicReference<PublishOutcome> outcome = new AtomicReference<>();
        relay.publish(new Publication(channel, EVENT, new byte[LENGTH], null), outcome::set);
        return outcome.get();
    }

    /** A relay that joins nodes cannot refuse publishes of other nodes. */
    @Test
    void waitingMessagesOfAShard_areBounded_andDroppedOnesAreAHoleOfTheirSize() {
        hub = new Hub(new Joining(), List.of(thread), waiting, budget.account(Purpose.SUBSCRIPTIONS), time, metrics);
        subscribe();
        for (int i = 0; i < 100; i++) {
            hub.onMessage(new Message("m" + i, "t", "a", EVENT, new byte[LENGTH]));
        }

        assertThat(waiting.used()).isBetween(waiting.limit() - LENGTH, waiting.limit() + 2 * LENGTH);
        drainAll();
        assertThat(waiting.used()).isZero();
        assertThat(seqs).hasSizeBetween(9, 11).startsWith(1L, 2L, 3L);
        hub.onMessage(new Message("next", "t", "a", EVENT, EVENT));
        drainAll();
        assertThat(seqs.get(seqs.size() - 1)).isEqualTo(101);
        double dropped = 101 - seqs.size();
        assertThat(metrics.scrape())
                .contains("broadcaster_holes_total " + dropped)
                .contains("broadcaster_budget_refusals_total{account=\"fanout\"} " + dropped);
    }

    @Test
    void publish_isRefused_whileHalfOfTheAccountWaits_andNothingThatWasAcceptedIsLost() {
        subscribe();
        int accepted = 0;
        PublishOutcome outcome = publish("a");
        while (outcome instanceof PublishOutcome.Accepted && accepted < 100) {
            accepted++;
            outcome = publish("a");
        }

        assertThat(outcome).isEqualTo(PublishOutcome.NotPublished.BUSY);
        assertThat(accepted).isBetween(4, 6);
        assertThat(waiting.used()).isLessThan(waiting.limit());
        assertThat(publish("without a subscriber"))
                .as("it would not wait, but is refused too")
                .isEqualTo(outcome);
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"fanout\"} 2.0\n");
        drainAll();
        assertThat(seqs).hasSize(accepted);
        assertThat(waiting.used()).isZero();
        assertThat(publish("a")).isInstanceOf(PublishOutcome.Accepted.class);
        drainAll();
        assertThat(seqs.get(accepted)).as("no hole").isEqualTo(accepted + 1L);
    }

    @Test
    void onlyWrittenBytes_areReleased() {
        subscribe();
        publish("a");
        publish("a");
        long two = waiting.used();
        assertThat(two).isBetween(2L * LENGTH, 2L * LENGTH + 1_000);

        thread.runOne(); // gathers, and gives way
        assertThat(waiting.used()).isEqualTo(two);
        drainAll();
        assertThat(waiting.used()).isZero();
    }

    @Test
    void nothingThatTheOnlyNodeHasAccepted_isDropped() {
        subscribe();
        for (int i = 0; i < 100; i++) {
            hub.onMessage(new Message("m" + i, "t", "a", EVENT, new byte[LENGTH]));
        }
        drainAll();

        assertThat(seqs).hasSize(100);
        assertThat(waiting.used()).isZero();
    }

    /** Behaves like a relay that joins nodes. */
    private static final class Joining implements Relay {
        @Override
        public void start(RelayListener listener) {}

        @Override
        public void publish(Publication publication, PublishCallback callback) {
            throw new AssertionError("not used here");
        }

        @Override
        public void subscribe(String channel, SubscribeCallback callback) {
            callback.onSubscribed();
        }

        @Override
        public void unsubscribe(String channel) {}

        @Override
        public void replay(String channel, Replay replay, ReplayCallback callback) {
            throw new AssertionError("not used here");
        }

        @Override
        public void history(String channel, String afterId, int limit, HistoryCallback callback) {
            throw new AssertionError("not used here");
        }

        @Override
        public String trouble() {
            return null;
        }

        @Override
        public void close() {}
    }

    @Test
    void aMessage_countsOncePerShard_untilThatShardHasWritten() {
        AtomicReference<FakeShardThread> running = new AtomicReference<>();
        FakeShardThread first = new FakeShardThread(running);
        FakeShardThread second = new FakeShardThread(running);
        hub = new Hub(
                new Joining(), List.of(first, second), waiting, budget.account(Purpose.SUBSCRIPTIONS), time, metrics);
        subscribe(0, first);
        subscribe(1, second);

        hub.onMessage(new Message("m", "t", "a", EVENT, new byte[LENGTH]));

        long both = waiting.used();
        assertThat(both).isGreaterThan(2 * LENGTH);
        first.runAll();
        assertThat(waiting.used()).isEqualTo(both / 2);
        second.runAll();
        assertThat(waiting.used()).isZero();
        assertThat(seqs).containsExactly(1L, 1L);
    }
}
