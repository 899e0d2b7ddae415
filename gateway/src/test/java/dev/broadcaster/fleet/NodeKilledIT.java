package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.Test;

/** A node dies without closing its connections. */
class NodeKilledIT {
    @Test
    void otherNodesAreNotAffected_andItsClientsMoveToThem() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(3, redis.url(), "fault:silent:=1000/10m");
                SilentClients silent = SilentClients.start(fleet, 60, 12, 500, 1);
                Traffic traffic = Traffic.start(fleet)) {
            fleet.node(1).kill9();
            silent.publish(3); // most of its clients are away
            silent.awaitLive();
            assertThat(silent.check("node kill -9").stream().filter(Return::complete))
                    .as("its clients recover")
                    .hasSizeGreaterThanOrEqualTo(10);
            assertThat(silent.clients().returns()).allMatch(Return::complete);
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            assertThat(fleet.node(0).isReady() && fleet.node(2).isReady())
                    .as("the others are ready")
                    .isTrue();
            fleet.node(1).restart();
            fleet.awaitReady();

            traffic.finish("node kill -9", Holes.NONE);
            assertThat(traffic.endings()).as("connections that ended").hasSize(1);
        }
    }
}
