package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Checker.Holes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The master ends and Sentinel promotes its replica. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SentinelFailoverIT {
    private static RedisSentinel group;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        group = RedisSentinel.start();
        fleet = Fleet.start(3, group.urlOfUser()); // with the documented rights, at the new master too
    }

    @AfterAll
    static void stop() {
        fleet.close();
        group.close();
    }

    /** The old master still runs, does not know of the new one for a while, and would accept writes of nodes. */
    @Test
    @Order(1)
    void theMasterHangs() {
        RedisServer master = group.master();
        failOver("Sentinel: master SIGSTOP, replaced", master, master::sigstop);
        master.sigcont();
        group.awaitReplica();
    }

    @Test
    @Order(2)
    void theMasterIsKilled() {
        RedisServer master = group.master();
        failOver("Sentinel: master kill -9, replaced", master, master::kill9);
    }

    private static void failOver(String fault, RedisServer master, Runnable end) {
        try (Traffic traffic = Traffic.start(fleet)) {
            long ended = System.nanoTime();
            end.run();
            assertThat(fleet.secondsUntilUnready()).as("until not ready").isLessThan(10);
            group.awaitOtherMaster(master);
            assertThat(traffic.healed()).as("until everything flows").isLessThan(10);
            assertThat(fleet.secondsUntilReady()).as("until ready").isLessThan(10);
            System.out.printf("%s: %.2f s in all%n", fault, (System.nanoTime() - ended) / 1e9);

            traffic.finish(fault, Holes.AT_LEAST_ONE);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
            assertThat(traffic.mostGaps()).as("holes in a subscription").isLessThanOrEqualTo(1);
        }
    }
}
