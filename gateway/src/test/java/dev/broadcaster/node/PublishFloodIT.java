package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Publishers are faster than the writes to the subscribers: the node refuses the messages that it cannot hold, and
 * loses nothing.
 */
class PublishFloodIT {
    private static final int SUBSCRIBERS = 50;
    private static final int THREADS = 4;
    private static final int PUBLISHERS = 60; // of each thread
    private static final int PAYLOAD_BYTES = 60_000;
    private static final Duration FLOOD = Duration.ofSeconds(6);

    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    @Test
    void publishes_areRefused_andNoneThatIsAcceptedIsLost_whenSubscribersAreBehind() throws Exception {
        Map<String, String> settings =
                Map.of("IO_THREADS", "1", "MAX_PUBLISH_RATE", "0", "MAX_PENDING_BYTES", "16777216");
        try (NodeProcess node = NodeProcess.start(settings, "-Xmx256m");
                Swarm swarm = new Swarm(node.port())) {
            List<SwarmClient> subscribers = new ArrayList<>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                subscribers.add(swarm.open());
            }
            for (SwarmClient subscriber : subscribers) {
                subscriber.subscribe(Tokens.valid(), "flood").join();
            }

            flood(node);

            System.out.printf("flood: %d accepted, %d refused%n", accepted.get(), refused.get());
            assertThat(node.isAlive()).as(node.log()).isTrue();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> subscribers.stream()
                            .allMatch(subscriber ->
                                    subscriber.ended().isDone() || subscriber.received() == accepted.get()));
            assertThat(subscribers).allMatch(subscriber -> subscriber.holes() == 0);
            assertThat(refused.get()).isPositive();
            assertThat(node.metric("broadcaster_holes_total")).isZero();
            assertThat(node.metric("broadcaster_budget_used_bytes", "account=\"fanout\""))
                    .isZero();
        }
    }

    private void flood(NodeProcess node) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Void>> publishers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                publishers.add(() -> publish(node));
            }
            for (Future<Void> publisher : threads.invokeAll(publishers)) {
                publisher.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Publishes on many connections at once, and again when all are answered. */
    private Void publish(NodeProcess node) throws IOException {
        byte[] request = Publisher.request("flood", '"' + "x".repeat(PAYLOAD_BYTES) + '"');
        List<Publisher> publishers = new ArrayList<>();
        for (int i = 0; i < PUBLISHERS; i++) {
            publishers.add(new Publisher(node.port()));
        }
        for (long end = System.nanoTime() + FLOOD.toNanos(); System.nanoTime() < end; ) {
            for (Publisher publisher : publishers) {
                publisher.send(request);
            }
            for (Publisher publisher : publishers) {
                NodeProcess.Answer answer = publisher.answer();
                if (answer.status() == 200) {
                    accepted.incrementAndGet();
                } else {
                    assertThat(answer.body()).contains("not published: the relay does not keep up");
                    refused.incrementAndGet();
                }
            }
        }
        for (Publisher publisher : publishers) {
            publisher.close();
        }
        return null;
    }
}
