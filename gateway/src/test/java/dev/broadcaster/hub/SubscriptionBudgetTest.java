package dev.broadcaster.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscriptions take at most a share of the heap, and free all of it. */
final class SubscriptionBudgetTest {
    private static final int SHARDS = 3;

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(20_000_000, metrics);
    private final Account account = budget.account(Purpose.SUBSCRIPTIONS);
    private final List<FakeShardThread> threads = new ArrayList<>();
    private final Hub hub;

    SubscriptionBudgetTest() {
        AtomicReference<FakeShardThread> current = new AtomicReference<>();
        for (int i = 0; i < SHARDS; i++) {
            threads.add(new FakeShardThread(current));
        }
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), HistoryConfig.NONE, budget);
        hub = new Hub(relay, threads, budget.account(Purpose.FANOUT), account, time, metrics);
        relay.start(hub);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private record Held(int shard, Subscription subscription) {}

    private boolean hasRoom(int shard, String name, int held) {
        return hub.shards().get(shard).hasRoom(name, held);
    }

    private Held subscribe(int shard, String name) {
        List<Subscription> made = new ArrayList<>();
        threads.get(shard)
                .run(() -> made.add(hub.shards().get(shard).subscribe(name, null, new NoClient(), new NoClient())));
        return new Held(shard, made.get(0));
    }

    private void unsubscribe(Held held) {
        threads.get(held.shard).run(() -> hub.shards().get(held.shard).unsubscribe(held.subscription));
    }

    private static String name(int number) {
        return "c".repeat(190) + String.format("%010d", number);
    }

    @Test
    void account_isFilledAndNeverExceeded_byConnectionsWithAFewSubscriptions() {
        List<Held> all = new ArrayList<>();
        while (hasRoom(all.size() % SHARDS, name(all.size()), 0)) {
            all.add(subscribe(all.size() % SHARDS, name(all.size())));
            assertThat(account.used()).isLessThanOrEqualTo(account.limit());
        }

        assertThat(account.used()).isGreaterThan(account.limit() / 10 * 9);
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"subscriptions\"} 1.0");

        all.forEach(this::unsubscribe);
        assertThat(account.used()).isZero();
    }

    @Test
    void connectionWithManySubscriptions_isRefusedBeforeOneWithFew() {
        int made = 0;
        while (hasRoom(0, name(made), made)) {
            subscribe(0, name(made++));
        }

        assertThat(account.used()).isLessThanOrEqualTo(account.limit() / 8);
        assertThat(hasRoom(0, name(made), 0)).isTrue();
    }

    @Test
    void subscriptionToAChannelThatTheShardHas_takesLess() {
        Held first = subscribe(0, name(1));
        long one = account.used();
        Held second = subscribe(0, name(1));
        long two = account.used();
        Held other = subscribe(1, name(1));
        long three = account.used();

        assertThat(two - one).isLessThan(one / 3);
        assertThat(three - two).isBetween(two - one, one);

        unsubscribe(first);
        unsubscribe(second);
        unsubscribe(other);
        assertThat(account.used()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void account_isAt0_onceAllSubscriptionsHaveEnded(long seed) {
        Random random = new Random(seed);
        List<Held> held = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            if (random.nextInt(100) < 55) {
                held.add(subscribe(random.nextInt(SHARDS), name(random.nextInt(50))));
            } else if (!held.isEmpty()) {
                unsubscribe(held.remove(random.nextInt(held.size())));
            }
            assertThat(account.used() > 0).isEqualTo(!held.isEmpty());
        }
        held.forEach(this::unsubscribe);

        assertThat(account.used()).isZero();
    }

    private static final class NoClient implements Subscriber, SubscriptionCallback {
        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            return false;
        }

        @Override
        public void onRecovered(Batch batch, long base) {}

        @Override
        public void onTurnEnd() {}

        @Override
        public void onLive(Start start) {}

        @Override
        public void onFailed(String reason) {}
    }
}
