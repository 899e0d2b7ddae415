package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Published;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All clients return at once to channels with a history; the system property {@code history.storm} sets their number.
 * Clients that return together share the readings of the history.
 */
class HistoryReconnectStormIT {
    private static final int CLIENTS = Integer.getInteger("history.storm", 1_000);
    private static final int CHANNELS = 50;
    private static final int NODES = 2;
    private static final double MOST_READINGS = 5; // of a channel, by one node, in a second
    private static final Traffic.Plan PLAN = new Traffic.Plan(4, 3, CHANNELS, 400, Traffic.Plan.seedOfNow());

    @Test
    void theHistoryIsReadAFewTimes_andEveryClientGetsEverything() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(NODES, redis.url(), "fault:=10000/10m");
                Traffic traffic = Traffic.start(fleet, PLAN);
                ReturningClients clients =
                        ReturningClients.start(fleet, CLIENTS, traffic.channels(), 1_000, PLAN.seed())) {
            clients.awaitSeen();
            long calm = System.nanoTime();
            traffic.flow(2_000);
            clients.leave();
            traffic.flow(2_000);
            double readings = readings(fleet);
            long storm = System.nanoTime();
            clients.comeBack();
            clients.awaitLive();
            long over = System.nanoTime();
            double more = readings(fleet) - readings;

            traffic.finish("reconnect storm, history", Holes.NONE);
            clients.assertComplete(traffic.ledger());
            List<Return> returns = clients.returns();
            assertThat(returns).hasSizeGreaterThanOrEqualTo(CLIENTS).allMatch(Return::complete);
            double seconds = (over - storm) / 1e9;
            System.out.printf(
                    "%d clients of %d channels came back in %.2f s: %.0f readings, %.2f of a channel by a node; replies %s;"
                            + " the others' messages before %s, meanwhile %s%n",
                    CLIENTS,
                    CHANNELS,
                    seconds,
                    more,
                    more / CHANNELS / NODES,
                    ReturningClients.millis(returns.stream()
                            .mapToDouble(back -> (back.answered() - back.asked()) / 1e6)
                            .sorted()
                            .toArray()),
                    ReturningClients.millis(latencies(traffic.ledger(), calm, calm + 2_000_000_000L)),
                    ReturningClients.millis(latencies(traffic.ledger(), storm, over)));
            assertThat(more).as("the history is read").isPositive();
            assertThat(more / CHANNELS / NODES)
                    .as("readings of a channel by a node in %s s", seconds)
                    .isLessThan(MOST_READINGS * (1 + seconds));
        }
    }

    /** P13: no client has received a message, all return at once, to few channels and to one channel per client. */
    @ParameterizedTest
    @ValueSource(ints = {CHANNELS, 1_000})
    void clientsWithoutAMessage_recoverEverythingFromTheirPositions(int channels) {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(NODES, redis.url(), "fault:=10000/10m");
                SilentClients silent = SilentClients.start(fleet, CLIENTS, channels, 1_000, PLAN.seed())) {
            silent.leave().publish(3);
            double readings = readings(fleet);
            long storm = System.nanoTime();
            silent.comeBack();
            double seconds = (System.nanoTime() - storm) / 1e9;
            double more = readings(fleet) - readings;

            List<Return> returns = silent.check("reconnect storm");
            assertThat(returns).hasSize(CLIENTS).allMatch(Return::complete);
            System.out.printf(
                    "%d clients of %d channels that had seen nothing came back in %.2f s: %.0f readings; replies %s%n",
                    CLIENTS,
                    channels,
                    seconds,
                    more,
                    ReturningClients.millis(returns.stream()
                            .mapToDouble(back -> (back.answered() - back.asked()) / 1e6)
                            .sorted()
                            .toArray()));
            assertThat(more)
                    .as("readings: one serves all clients of a channel at a node for two seconds")
                    .isBetween((double) channels, channels * NODES * (1 + seconds / 2));
        }
    }

    private static double readings(Fleet fleet) {
        return fleet.metric("broadcaster_relay_history_reads_total", "");
    }

    /** The times from publish to receipt, in milliseconds, of the messages that were published in an interval. */
    private static double[] latencies(Ledger ledger, long from, long to) {
        Map<String, Long> sent = new HashMap<>();
        for (Published publish : ledger.published()) {
            if (publish.sent() >= from && publish.sent() < to) {
                sent.put(publish.id(), publish.sent());
            }
        }
        return ledger.subscriptions().stream()
                .flatMap(subscription -> subscription.frames().stream())
                .filter(frame -> sent.containsKey(frame.id()))
                .mapToDouble(frame -> (frame.at() - sent.get(frame.id())) / 1e6)
                .sorted()
                .toArray();
    }
}
