package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.Test;

/**
 * P6 and P9: one node after the other leaves with SIGTERM and is replaced, and its clients move to another node; the
 * system property {@code history.clients} sets their number.
 */
class HistoryRollingRestartIT {
    private static final int CLIENTS = Integer.getInteger("history.clients", 100);
    private static final long MOST_DELAY_MILLIS = 500;
    private static final Traffic.Plan PLAN = new Traffic.Plan(5, 3, 8, 500, Traffic.Plan.seedOfNow());

    @Test
    void everyClientHasACompleteSequence() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(3, redis.url(), "fault:=10000/10m");
                Traffic traffic = Traffic.start(fleet, PLAN);
                SilentClients silent = SilentClients.start(fleet, 12, PLAN.seed());
                ReturningClients clients =
                        ReturningClients.start(fleet, CLIENTS, traffic.channels(), MOST_DELAY_MILLIS, PLAN.seed())) {
            clients.awaitSeen();
            silent.leave();
            for (GatewayNode node : fleet.nodes()) {
                assertThat(node.terminate()).as("exit code").isZero();
                silent.publish(1);
                node.restart();
                fleet.awaitReady();
                clients.awaitLive();
            }

            silent.comeBack();
            assertThat(silent.check("rolling restart of 3 nodes")).allMatch(Return::complete);
            traffic.healed();
            traffic.finish("rolling restart of 3 nodes, history", Holes.NONE);
            clients.assertComplete(traffic.ledger());
            assertThat(clients.returns()).hasSizeGreaterThanOrEqualTo(CLIENTS).allMatch(Return::complete);
            System.out.printf(
                    "%d clients came back %d times, %s until the reply%n",
                    CLIENTS,
                    clients.returns().size(),
                    ReturningClients.millis(clients.returns().stream()
                            .mapToDouble(back -> (back.answered() - back.asked()) / 1e6)
                            .sorted()
                            .toArray()));
        }
    }
}
