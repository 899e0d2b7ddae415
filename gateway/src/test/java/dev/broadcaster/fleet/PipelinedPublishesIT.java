package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.node.BlockingClient;
import dev.broadcaster.node.NodeProcess;
import dev.broadcaster.node.Publisher;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Publishes that are pipelined on one HTTP connection are in Redis together, in order, and all answered. */
class PipelinedPublishesIT {
    private static final int PUBLISHES = 30;
    private static final long DELAY_MILLIS = 250; // each way
    private static final Pattern SCRIPT_CALLS = Pattern.compile("cmdstat_evalsha:calls=(\\d+)");

    @Test
    void pipelinedPublishes_shareARoundTrip_andKeepTheirOrder() throws Exception {
        try (RedisServer redis = RedisServer.start();
                FaultProxy proxy = new FaultProxy(redis.port(), 1);
                Fleet fleet = Fleet.start(1, redis.url(proxy.port()));
                Publisher publisher = new Publisher(fleet.node(0).port());
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), fleet.node(0).port());
                BlockingClient client = new BlockingClient(socket)) {
            client.subscribe(NodeProcess.token(), "pipelined");
            proxy.delay(DELAY_MILLIS);
            long from = System.nanoTime();

            publisher.send(requests());
            for (int i = 0; i < PUBLISHES; i++) {
                assertThat(publisher.status()).isEqualTo(200);
            }

            assertThat(Duration.ofNanos(System.nanoTime() - from))
                    .as("one round trip of %s ms, not %s of them", 2 * DELAY_MILLIS, PUBLISHES)
                    .isBetween(Duration.ofMillis(2 * DELAY_MILLIS), Duration.ofMillis(6 * DELAY_MILLIS));
            for (int i = 0; i < PUBLISHES; i++) {
                assertThat(client.read().text())
                        .contains("\"seq\":" + (i + 1) + ",")
                        .endsWith("\"payload\":" + i + "}}");
            }
        }
    }

    @Test
    void sigterm_answersPipelinedPublishes_beforeTheNodeEnds() throws Exception {
        try (RedisServer redis = RedisServer.start();
                FaultProxy proxy = new FaultProxy(redis.port(), 1);
                Fleet fleet = Fleet.start(1, redis.url(proxy.port()));
                Publisher publisher = new Publisher(fleet.node(0).port())) {
            proxy.delay(DELAY_MILLIS);
            long before = scriptCalls(redis);
            publisher.send(requests());
            await().pollInterval(Duration.ofMillis(10)).until(() -> scriptCalls(redis) >= before + PUBLISHES);

            fleet.node(0).process().signal("TERM");

            for (int i = 0; i < PUBLISHES; i++) {
                assertThat(publisher.status()).isEqualTo(200);
            }
            publisher.send(Publisher.request("pipelined", "1"));
            assertThat(publisher.status()).isEqualTo(503);
            assertThat(fleet.node(0).process().awaitExit(Duration.ofSeconds(20)))
                    .isZero();
        }
    }

    /** How many publishes and probes have come to Redis. */
    private static long scriptCalls(RedisServer redis) {
        Matcher calls = SCRIPT_CALLS.matcher(String.valueOf(redis.command("INFO", "commandstats")));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }

    private static byte[] requests() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < PUBLISHES; i++) {
            all.writeBytes(Publisher.request("pipelined", String.valueOf(i)));
        }
        return all.toByteArray();
    }
}
