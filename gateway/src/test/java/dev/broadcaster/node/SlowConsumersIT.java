package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * P7: clients that subscribe and never read cost limited memory and are closed with 4409, and other clients are not
 * affected.
 */
class SlowConsumersIT {
    private static final String CHANNEL = "flood";
    private static final int WAVES = 3;
    private static final int SLOW_CLIENTS = 100;
    private static final int WAVE_SECONDS = 20;
    private static final int MESSAGES_A_SECOND = 2_000;
    private static final int TURNS_A_SECOND = 100;

    private static final SwarmClient.Habits NEVER_READS = new SwarmClient.Habits(true, true, 16 * 1024);

    @Test
    void clientsThatNeverRead_endWith4409_andDoNotAffectOthers() throws Exception {
        try (NodeProcess node = NodeProcess.start(Map.of(), "-Xmx128m");
                Swarm slowSwarm = new Swarm(node.port());
                Swarm fastSwarm = new Swarm(node.port());
                Publisher publisher = new Publisher(node.port())) {
            String token = Tokens.valid();
            SwarmClient fast = fastSwarm.open().subscribe(token, CHANNEL).get(30, TimeUnit.SECONDS);
            List<SwarmClient> slow = new ArrayList<>();
            List<Long> heaps = new ArrayList<>();
            long published = 0;
            for (int wave = 1; wave <= WAVES; wave++) {
                slow.addAll(subscribeAndStopReading(slowSwarm, token));
                published += publish(publisher);
                heaps.add(node.heapAfterCollection());
            }

            double expected = WAVES * SLOW_CLIENTS;
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                assertThat(node.metric("broadcaster_closes_total", "code=\"4409\""))
                        .isEqualTo(expected);
                assertThat(node.metric("broadcaster_connections")).isEqualTo(1);
                assertThat(node.metric("broadcaster_subscriptions")).isEqualTo(1);
                assertThat(node.metric("broadcaster_queue_bytes")).isZero();
            });
            assertThat(heaps)
                    .as("heap after each wave, in bytes")
                    .allSatisfy(heap -> assertThat(heap)
                            .isLessThan(heaps.get(0) + 8_000_000)
                            .isLessThan(64_000_000));

            long all = published;
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(fast.received()).isEqualTo(all));
            assertThat(fast.lastSeq()).isEqualTo(all);
            assertThat(fast.holes()).isZero();
            assertThat(fast.ended()).isNotDone();

            slow.forEach(SwarmClient::resume); // long after the node has freed them
            for (SwarmClient client : slow) {
                assertThat(client.ended().get(20, TimeUnit.SECONDS).code()).isEqualTo(4409);
                assertThat(client.holes()).isZero();
            }
            assertThat(node.isAlive()).isTrue();
        }
    }

    private static List<SwarmClient> subscribeAndStopReading(Swarm swarm, String token) throws Exception {
        List<SwarmClient> clients = new ArrayList<>();
        for (int i = 0; i < SLOW_CLIENTS; i++) {
            SwarmClient client = swarm.open(NEVER_READS);
            client.subscribe(token, CHANNEL).get(30, TimeUnit.SECONDS);
            client.pause();
            clients.add(client);
        }
        return clients;
    }

    /** Publishes for the time of a wave at an even rate; returns the number of accepted messages: all. */
    private static long publish(Publisher publisher) throws Exception {
        long published = 0;
        long start = System.nanoTime();
        int perTurn = MESSAGES_A_SECOND / TURNS_A_SECOND;
        for (int turn = 0; turn < WAVE_SECONDS * TURNS_A_SECOND; turn++) {
            long due = start + turn * 1_000_000_000L / TURNS_A_SECOND;
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            assertThat(publisher.publish(CHANNEL, perTurn, 1_000)).isEqualTo(perTurn);
            published += perTurn;
        }
        return published;
    }
}
