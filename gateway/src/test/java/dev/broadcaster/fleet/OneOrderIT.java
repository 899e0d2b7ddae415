package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Subscription;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * P2 and P3 without a fault: eight publishers and six subscribers at three nodes. The system property
 * {@code faults.order.messages} sets the smallest number of messages.
 */
class OneOrderIT {
    private static final int MESSAGES = Integer.getInteger("faults.order.messages", 10_000);

    @Test
    void everySubscriberSeesTheSameMessages_inTheSameOrder_withoutAHole() {
        Traffic.Plan plan = new Traffic.Plan(8, 6, 4, 1_000_000, Traffic.Plan.seedOfNow());
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet, plan)) {
            while (traffic.ledger().published().size() < MESSAGES) {
                Fleet.sleep(0.1);
            }

            Verdict verdict = traffic.finish("none: 8 publishers, 6 subscribers, 3 nodes", Holes.NONE);
            assertThat(verdict.accepted())
                    .as("accepted")
                    .isEqualTo(traffic.ledger().published().size());
            assertThat(verdict.received()).as("received").isEqualTo(verdict.accepted() * plan.subscribers());
            Map<String, Set<List<String>>> sequences = traffic.ledger().subscriptions().stream()
                    .collect(Collectors.groupingBy(
                            subscription -> subscription.channel,
                            Collectors.mapping(OneOrderIT::ids, Collectors.toSet())));
            assertThat(sequences).hasSize(plan.channels());
            assertThat(sequences.values())
                    .allSatisfy(different ->
                            assertThat(different).as("different sequences").hasSize(1));
        }
    }

    private static List<String> ids(Subscription subscription) {
        return subscription.frames().stream().map(Ledger.Received::id).toList();
    }
}
