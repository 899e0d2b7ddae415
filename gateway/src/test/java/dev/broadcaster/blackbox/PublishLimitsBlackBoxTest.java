package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The limits of one publisher, over REST and over WebSocket (PROTOCOL sections 3 and 6). */
@Tag("black-box")
final class PublishLimitsBlackBoxTest {
    /** A rate of 1 with the burst of a minute. */
    private static final int BURST = 60;

    private static HttpRaw.Response publish(TestGateway gateway, String channel) {
        return gateway.publish(channel, "e", "1");
    }

    @Test
    void newChannels_areRefusedWith429_andKnownOnesAreNot_whenAKeyNamesTooMany() {
        try (TestGateway gateway = TestGateway.start("MAX_NEW_CHANNEL_RATE", "1", "MAX_REQUEST_RATE", "0")) {
            List<Integer> statuses = new ArrayList<>();
            HttpRaw.Response last = publish(gateway, "new:0");
            for (int i = 1; i <= 2 * BURST && last.status() == 200; i++) {
                statuses.add(last.status());
                last = publish(gateway, "new:" + i);
            }

            assertThat(last.status()).isEqualTo(429);
            last.error("FailedPrecondition");
            assertThat(last.header("Retry-After")).isEqualTo("1");
            assertThat(statuses).hasSizeBetween(BURST, BURST + 20);
            assertThat(publish(gateway, "new:0").status()).as("a known channel").isEqualTo(200);
            HttpRaw.Response batch = gateway.post(
                    "/broadcaster/publish/batch",
                    "{\"messages\":[" + WsClient.publishParams("new:0", "e", "1") + ","
                            + WsClient.publishParams("other:0", "e", "1") + ","
                            + WsClient.publishParams("other:1", "e", "1") + ","
                            + WsClient.publishParams("other:2", "e", "1") + "]}",
                    "Authorization: Bearer " + TestGateway.API_KEY);
            assertThat(batch.status()).isEqualTo(200);
            List<Json> results = batch.json().get("results").elements();
            assertThat(results.get(0).has("id")).as("a known channel").isTrue();
            assertThat(WsClient.errorOf(results.get(3), "FailedPrecondition")).startsWith("too many new channels");
            gateway.time().advance(Duration.ofSeconds(10));
            assertThat(publish(gateway, "later").status()).isEqualTo(200);
        }
    }

    @Test
    void user_getsNotPublished_whenItNamesTooManyChannels() {
        try (TestGateway gateway =
                TestGateway.start("MAX_NEW_CHANNEL_RATE", "1", "MAX_REQUEST_RATE", "0", "HISTORY", "kept:=10/1h")) {
            WsClient client = gateway.member();
            Json last = client.call("publish", WsClient.publishParams("new:0", "e", "1"));
            int accepted = 0;
            while (last.has("result") && accepted < 2 * BURST) {
                accepted++;
                last = client.call("publish", WsClient.publishParams("new:" + accepted, "e", "1"));
            }

            assertThat(accepted).isBetween(BURST, BURST + 20);
            assertThat(WsClient.errorOf(last, "Internal"))
                    .isEqualTo("not published: too many new channels of this user");
            client.ok("publish", WsClient.publishParams("new:0", "e", "1"));
            client.ok("subscribe", "{\"channel\":\"kept:a\"}");
            assertThat(client.error("FailedPrecondition", "subscribe", "{\"channel\":\"kept:b\",\"position\":true}"))
                    .isEqualTo("too many new channels of this user");
            client.ok("subscribe", "{\"channel\":\"without:a:history\",\"position\":true}");
            assertThat(publish(gateway, "kept:b").status())
                    .as("the key has not named any")
                    .isEqualTo(200);
            client.ok("subscribe", "{\"channel\":\"kept:b\",\"position\":true}");
        }
    }

    @Test
    void user_getsNotPublished_whenItPublishesTooMuch_overAllItsConnections() {
        try (TestGateway gateway = TestGateway.start("MAX_PUBLISH_RATE", "10", "MAX_REQUEST_RATE", "0")) {
            List<WsClient> clients = List.of(gateway.member(), gateway.member());
            int accepted = 0;
            Json last = clients.get(0).call("publish", WsClient.publishParams("a", "e", "1"));
            while (last.has("result") && accepted < 100) {
                accepted++;
                last = clients.get(accepted % 2).call("publish", WsClient.publishParams("a", "e", "1"));
            }

            assertThat(accepted).isBetween(20, 60);
            assertThat(WsClient.errorOf(last, "Internal")).isEqualTo("not published: too many messages of this user");
            assertThat(publish(gateway, "a").status())
                    .as("a key has a rate of its own")
                    .isEqualTo(200);
            gateway.time().advance(Duration.ofSeconds(1));
            clients.get(0).ok("publish", WsClient.publishParams("a", "e", "1"));
        }
    }
}
