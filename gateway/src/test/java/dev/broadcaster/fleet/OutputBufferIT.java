package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A node receives more than Redis buffers for it, so Redis drops the buffer and ends the connection. */
class OutputBufferIT {
    private static final String FLOOD = "flood";
    private static final int MESSAGES = 500;
    private static final int BYTES = 40_000;
    private static final Pattern SEQ = Pattern.compile("\"seq\":(\\d+)");

    @Test
    void messagesThatRedisDrops_areAHoleOfTheirSize() throws Exception {
        try (RedisServer redis = RedisServer.start("client-output-buffer-limit pubsub 256kb 0 0");
                Fleet fleet = Fleet.start(2, redis.url());
                BlockingClient reader =
                        new BlockingClient(new Socket("127.0.0.1", fleet.node(0).port()));
                Traffic traffic = Traffic.start(fleet)) {
            reader.subscribe(Tokens.valid(), FLOOD);
            AtomicLong received = new AtomicLong();
            AtomicLong lastSeq = new AtomicLong();
            read(reader, received, lastSeq);

            fleet.node(0).process().signal("STOP"); // so briefly that no other connection is affected
            int accepted;
            try (Publisher publisher = new Publisher(fleet.node(1).port())) {
                accepted = publisher.publish(FLOOD, MESSAGES, BYTES);
            }
            fleet.node(0).process().signal("CONT");
            assertThat(traffic.healed()).as("until everything flows").isLessThan(5);
            try (Publisher publisher = new Publisher(fleet.node(1).port())) {
                accepted += publisher.publish(FLOOD, 1, 10);
            }

            assertThat(redis.log()).contains("overcoming of output buffer limits");
            long all = accepted;
            await("the last message")
                    .atMost(Duration.ofSeconds(5))
                    .untilAsserted(() -> assertThat(lastSeq).hasValue(all));
            assertThat(received.get()).as("messages that were not lost").isLessThan(all);
            traffic.finish("output buffer of a node overflows at Redis", Holes.EXACT);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }

    private static void read(BlockingClient reader, AtomicLong received, AtomicLong lastSeq) {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            Matcher seq = SEQ.matcher(reader.read().text());
                            if (seq.find()) {
                                received.incrementAndGet();
                                lastSeq.set(Long.parseLong(seq.group(1)));
                            }
                        }
                    } catch (IOException e) {
                        // the end of the test, or of the node
                    }
                },
                "reader of the flood");
        thread.setDaemon(true);
        thread.start();
    }
}
