package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.Checker.Holes;
import org.junit.jupiter.api.Test;

/** A node dies without a word. */
class NodeKilledIT {
    @Test
    void theOthersDoNotNotice_andItsClientsLiveAtAnother() {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(3, redis.url());
                Traffic traffic = Traffic.start(fleet)) {
            fleet.node(1).kill9();
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
