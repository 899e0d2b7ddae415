package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker.Holes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A stranger publishes to the topics of the relay: values that are not envelopes, are of another version, or are huge.
 */
class ForeignMessagesIT {
    private static final String DROPPED = "broadcaster_relay_messages_dropped_total";
    private static final String CONNECTS = "broadcaster_relay_connects_total";
    private static final int HUGE_BYTES = 100_000_000;

    private static RedisServer redis;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        // By default Redis itself ends a connection that waits for more than 32 MB.
        redis = RedisServer.start("client-output-buffer-limit pubsub 0 0 0");
        fleet = Fleet.start(2, redis.url());
    }

    @AfterAll
    static void stop() {
        fleet.close();
        redis.close();
    }

    @Test
    void garbage_isDroppedAndCounted() throws IOException {
        Random random = new Random(Traffic.Plan.seedOfNow());
        List<byte[]> garbage = new ArrayList<>();
        for (String text : List.of(
                "",
                "x",
                "1",
                "1 ",
                "1 epoch",
                "1 epoch 1 id time",
                "1 epoch 0 id time 3 \"e\"1",
                "1 epoch -1 id time 3 \"e\"1",
                "1 epoch 9223372036854775808 id time 3 \"e\"1",
                "1 epoch 1 id time 4000000000 \"e\"1",
                "1 epoch 1 id time 3 \"e\"",
                "{\"id\":1}",
                "\u0000\u0001\u0002")) {
            garbage.add(text.getBytes(StandardCharsets.ISO_8859_1));
        }
        for (int i = 0; i < 100; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(bytes);
            bytes[0] = '#'; // or it could look like a version
            garbage.add(bytes);
        }
        publishForeign("garbage in relay topics", garbage, "malformed");
    }

    @Test
    void otherVersions_areDroppedAndCounted() throws IOException {
        List<byte[]> others = new ArrayList<>();
        for (String version : List.of("0", "2", "17", "999999999")) {
            String envelope = version + " epoch 5 01HF0000000000000000000000 2026-01-01T00:00:00.000Z 3 \"e\"{}";
            others.add(envelope.getBytes(StandardCharsets.ISO_8859_1));
            others.add((version + " of another form").getBytes(StandardCharsets.ISO_8859_1));
        }
        publishForeign("other versions in relay topics", others, "unknown_version");
    }

    @Test
    void aHugeMessage_isDroppedAndCounted() throws IOException {
        byte[] huge = new byte[HUGE_BYTES];
        Arrays.fill(huge, (byte) 'x');
        publishForeign("100 MB in a relay topic", List.of(huge), "malformed");
    }

    private static void publishForeign(String fault, List<byte[]> messages, String reason) throws IOException {
        try (Traffic traffic = Traffic.start(fleet);
                Resp stranger = redis.connect(20_000)) {
            double dropped = fleet.metric(DROPPED, "reason=\"" + reason + "\"");
            double droppedAtAll = fleet.metric(DROPPED, "");
            double connects = fleet.metric(CONNECTS, "");
            List<String> topics = topics(stranger);
            long received = 0;
            for (int i = 0; i < messages.size(); i++) {
                byte[] topic = topics.get(i % topics.size()).getBytes(StandardCharsets.ISO_8859_1);
                Object receivers = stranger.send("PUBLISH".getBytes(StandardCharsets.US_ASCII), topic, messages.get(i));
                received += Long.parseLong(String.valueOf(receivers));
            }
            assertThat(received).isEqualTo((long) messages.size() * fleet.size());
            double expected = received;
            await("counted").atMost(Duration.ofSeconds(15)).untilAsserted(() -> {
                assertThat(fleet.metric(DROPPED, "reason=\"" + reason + "\"") - dropped)
                        .isEqualTo(expected);
                assertThat(fleet.metric(DROPPED, "") - droppedAtAll).isEqualTo(expected);
            });
            traffic.healed();
            traffic.finish(fault, Holes.NONE);
            assertThat(fleet.metric(CONNECTS, "")).as("connections made").isEqualTo(connects);
            assertThat(traffic.endings()).as("connections that ended").isEmpty();
        }
    }

    private static List<String> topics(Resp resp) throws IOException {
        List<?> topics = (List<?>) resp.command("PUBSUB", "CHANNELS", "broadcaster:*:fault:*");
        assertThat(topics).isNotNull().isNotEmpty();
        return topics.stream().map(String::valueOf).toList();
    }
}
