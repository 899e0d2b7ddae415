package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The features for client libraries: protocol section 10. */
@Tag("black-box")
final class ClientLibraryBlackBoxTest {
    private static final AtomicInteger channels = new AtomicInteger();

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared(
            "HISTORY", "kept:=100/10m", "MAX_SUBSCRIPTIONS", "7", "MAX_MESSAGE_BYTES", "4096", "MAX_REQUEST_RATE", "0");

    private static String channel(String prefix) {
        return prefix + "c" + channels.incrementAndGet();
    }

    private static String authParams(String more) {
        return "{\"token\":" + Json.quote(Tokens.valid()) + more + "}";
    }

    // ---- hello

    @Test
    void auth_hasNoHello_whenTheClientSendsNone() {
        Json result = gateway.connect().ok("auth", authParams(""));

        assertThat(result.names()).containsExactly("success");
    }

    @Test
    void hello_isAnsweredWithLimitsAndFeatures() {
        Json result = gateway.connect().ok("auth", authParams(",\"hello\":{}"));

        assertThat(result.names()).containsExactlyInAnyOrder("success", "hello");
        Json hello = result.get("hello");
        assertThat(hello.names())
                .containsExactlyInAnyOrder(
                        "connectionId", "expiresIn", "pingInterval", "maxMessageBytes", "maxSubscriptions", "features");
        assertThat(hello.get("connectionId").text()).isNotBlank();
        assertThat(hello.get("expiresIn").number())
                .as("an hour, without the leeway")
                .isBetween(3_590_000L, 3_600_000L);
        assertThat(hello.get("pingInterval").number()).isEqualTo(25_000);
        assertThat(hello.get("maxMessageBytes").number()).isEqualTo(4096);
        assertThat(hello.get("maxSubscriptions").number()).isEqualTo(7);
        assertThat(hello.get("features").elements().stream().map(Json::text))
                .containsExactly("position", "last", "idempotency", "parallel", "keepalive");
    }

    @Test
    void connectionId_isEachConnectionsOwn() {
        String params = authParams(",\"hello\":{\"client\":\"js/1.0.0\",\"want\":[]}");
        Json one = gateway.connect().ok("auth", params).get("hello");
        Json two = gateway.connect().ok("auth", params).get("hello");

        assertThat(one.get("connectionId").text())
                .isNotEqualTo(two.get("connectionId").text());
    }

    @Test
    void limitsAreZero_whenThereAreNone() {
        TestGateway unlimited = gateway.owned(TestGateway.start("MAX_SUBSCRIPTIONS", "0", "MAX_MESSAGE_BYTES", "0"));

        Json hello = unlimited.connect().ok("auth", authParams(",\"hello\":{}")).get("hello");

        assertThat(hello.get("maxMessageBytes").number()).isZero();
        assertThat(hello.get("maxSubscriptions").number()).isZero();
    }

    @Test
    void expiresIn_isZero_inTheLeewayAfterExp() {
        String token =
                Tokens.claims().with("exp", String.valueOf(Tokens.now() - 10)).token();

        Json hello = gateway.connect()
                .ok("auth", "{\"token\":" + Json.quote(token) + ",\"hello\":{}}")
                .get("hello");

        assertThat(hello.get("expiresIn").number()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"client\":\"a\"}",
                "{\"client\":\"~ ~\",\"want\":[\"keepalive\",\"sunshine\",\"\"]}",
                "{\"client\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
                "{\"want\":[]}",
                "{\"more\":{\"client\":1}}",
                "{\"client\":1,\"client\":\"js/1\"}"
            })
    void hello_mayBe(String hello) {
        assertThat(gateway.connect()
                        .ok("auth", authParams(",\"hello\":" + hello))
                        .has("hello"))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "null|hello: not an object",
                "[]|hello: not an object",
                "\"js\"|hello: not an object",
                "{\"client\":1}|hello: client: not a string",
                "{\"client\":null}|hello: client: not a string",
                "{\"client\":\"\"}|hello: client: not a string of 1 to 64",
                "{\"client\":\"01234567890123456789012345678901234567890123456789012345678901234\"}|hello: client:",
                "{\"client\":\"caf\\u00e9\"}|hello: client:",
                "{\"client\":\"a\\n\"}|hello: client:",
                "{\"want\":\"keepalive\"}|hello: want: not an array of strings",
                "{\"want\":null}|hello: want:",
                "{\"want\":[1]}|hello: want:",
                "{\"want\":[\"keepalive\",null]}|hello: want:",
                "{\"want\":[[\"keepalive\"]]}|hello: want:"
            })
    void hello_isInvalid(String hello, String message) {
        WsClient client = gateway.connect();
        assertThat(client.error("InvalidArgument", "auth", authParams(",\"hello\":" + hello)))
                .startsWith(message);

        client.auth(Tokens.valid());
    }

    @Test
    void errorsOfAuth_comeInOrder() {
        WsClient client = gateway.connect();
        assertThat(client.error("InvalidArgument", "auth", "{\"hello\":1}")).isEqualTo("token: missing");
        assertThat(client.error("InvalidArgument", "auth", "{\"token\":\"bad\",\"hello\":1}"))
                .startsWith("hello: ");
        client.error("Unauthenticated", "auth", "{\"token\":\"bad\",\"hello\":{}}");
        client.auth(Tokens.valid());
        client.error("Unauthenticated", "auth", "{\"token\":\"bad\",\"hello\":{}}");
        client.error("FailedPrecondition", "auth", authParams(",\"hello\":{}"));
    }

    @Test
    void familyOfTheClient_isALabel_andNothingElseOfIt() {
        gateway.connect().ok("auth", authParams(",\"hello\":{\"client\":\"python/7.0-secret-name\"}"));
        gateway.connect().ok("auth", authParams(",\"hello\":{\"client\":\"pythonic/1\"}"));
        gateway.connect().ok("auth", authParams(""));

        String scrape = HttpRaw.exchange(gateway.gateway().managementPort(), HttpRaw.request("GET", "/metrics", ""))
                .text();
        assertThat(scrape)
                .contains("broadcaster_authentications_total{client=\"python\"} 1.0")
                .contains("broadcaster_authentications_total{client=\"go\"} 0.0")
                .doesNotContain("secret-name", "pythonic");
    }

    @Test
    void refresh_answersExpiresIn() {
        Json result = gateway.member().ok("refresh", authParams(""));

        assertThat(result.names()).containsExactlyInAnyOrder("success", "expiresAt", "expiresIn");
        assertThat(result.get("expiresIn").number()).isBetween(3_590_000L, 3_600_000L);
    }

    // ---- keepalive

    @Test
    void keepalive_isSentWithEachPing_whenWanted() {
        TestGateway quick = gateway.owned(TestGateway.start("PING_INTERVAL", "200ms", "IDLE_TIMEOUT", "20s"));
        WsClient wants = quick.connect();
        wants.ok("auth", authParams(",\"hello\":{\"want\":[\"keepalive\"]}"));
        for (int i = 0; i < 3; i++) {
            Frame ping = wants.read();
            assertThat(ping.opcode()).isEqualTo(Frame.PING);
            wants.send(Frame.of(Frame.PONG, ping.payload()));
            assertThat(new String(wants.read().payload(), java.nio.charset.StandardCharsets.UTF_8))
                    .isEqualTo("{\"method\":\"keepalive\"}");
        }

        WsClient other = quick.connect();
        other.ok("auth", authParams(",\"hello\":{}"));
        for (int i = 0; i < 3; i++) {
            Frame ping = other.read();
            assertThat(ping.opcode()).isEqualTo(Frame.PING);
            other.send(Frame.of(Frame.PONG, ping.payload()));
        }
    }

    @Test
    void keepalive_comesAlsoToAClientThatKeepsSending() throws Exception {
        TestGateway quick = gateway.owned(TestGateway.start("PING_INTERVAL", "500ms", "IDLE_TIMEOUT", "20s"));
        WsClient client = quick.connect();
        client.ok("auth", authParams(",\"hello\":{\"want\":[\"keepalive\"]}"));
        client.leavePingsUnanswered();
        Thread sender = new Thread(() -> {
            for (int i = 0; i < 60; i++) {
                client.socket().trySend(Frame.text("{\"method\":\"heartbeat\"}").bytes()); // it gets no reply
                java.util.concurrent.locks.LockSupport.parkNanos(
                        Duration.ofMillis(50).toNanos());
            }
        });
        sender.start();
        for (int i = 0; i < 3; i++) {
            assertThat(client.message()).isEqualTo("{\"method\":\"keepalive\"}");
        }
        sender.join();
    }

    // ---- position

    @Test
    void position_isThatOfTheLastMessage() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        String id = client.publish(channel, "e", "1");

        Json result = client.ok("subscribe", params(channel, ",\"position\":true"));

        assertThat(result.names()).containsExactlyInAnyOrder("subscriptionId", "timestamp", "lastMessageId");
        assertThat(result.get("lastMessageId").text()).isEqualTo(id);
        client.expectQuiet();
    }

    @Test
    void clientThatSawNoMessage_recoversFromItsPosition() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        String position = client.ok("subscribe", params(channel, ",\"position\":true"))
                .get("lastMessageId")
                .text();
        assertThat(position).endsWith("-0");
        client.close();
        WsClient other = gateway.member();
        List<String> ids = List.of(other.publish(channel, "e", "1"), other.publish(channel, "e", "2"));

        WsClient back = gateway.member();
        Json result = back.ok(
                "subscribe", params(channel, ",\"position\":true,\"lastSeenMessageId\":" + Json.quote(position)));

        assertThat(result.names())
                .containsExactlyInAnyOrder(
                        "subscriptionId", "timestamp", "historyRecovered", "recoveredMessages", "lastMessageId");
        assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
        assertThat(result.get("recoveredMessages").number()).isEqualTo(2);
        assertThat(result.get("lastMessageId").text()).isEqualTo(ids.get(1));
        for (int i = 0; i < 2; i++) {
            Json broadcast = back.broadcast();
            assertThat(broadcast.get("id").text()).isEqualTo(ids.get(i));
            assertThat(broadcast.get("seq").number()).isEqualTo(i + 1);
        }
        back.expectQuiet();
    }

    @Test
    void positionOfAnotherEpoch_isRefused_withThePositionOfThisOne() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        String id = client.publish(channel, "e", "1");

        Json result =
                client.ok("subscribe", params(channel, ",\"position\":true,\"lastSeenMessageId\":\"0000000000-0\""));

        assertThat(result.names())
                .containsExactlyInAnyOrder("subscriptionId", "timestamp", "historyRecovered", "lastMessageId");
        assertThat(result.get("historyRecovered").kind()).isEqualTo(Json.Kind.FALSE);
        assertThat(result.get("lastMessageId").text()).isEqualTo(id);
    }

    @Test
    void position_isAbsent_whenTheChannelHasNoHistory() {
        WsClient client = gateway.member();
        for (String more : List.of(",\"position\":true", ",\"position\":false", ",\"lastSeenMessageId\":\"\"")) {
            Json result = client.ok("subscribe", params(channel("not-kept:"), more));
            assertThat(result.names()).containsExactlyInAnyOrder("subscriptionId", "timestamp");
        }
    }

    // ---- last

    @Test
    void last_replaysTheNewest_thenTheLiveMessages() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        for (int n = 1; n <= 5; n++) {
            client.publish(channel, "e", String.valueOf(n));
        }

        Json result = client.ok("subscribe", params(channel, ",\"last\":2"));
        client.publish(channel, "e", "6");

        assertThat(result.names()).containsExactlyInAnyOrder("subscriptionId", "timestamp", "recoveredMessages");
        assertThat(result.get("recoveredMessages").number()).isEqualTo(2);
        for (int seq = 1; seq <= 3; seq++) {
            Json broadcast = client.json().get("params");
            assertThat(broadcast.get("seq").number()).isEqualTo(seq);
            assertThat(broadcast.get("payload").number()).isEqualTo(seq + 3);
        }
    }

    @Test
    void last_isReplayed_whenTheRecoveryIsRefused_andNotWhenItIsNot() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        String first = client.publish(channel, "e", "1");
        client.publish(channel, "e", "2");
        client.publish(channel, "e", "3");

        Json refused = client.ok("subscribe", params(channel, ",\"last\":2,\"lastSeenMessageId\":\"none-1\""));
        assertThat(refused.get("historyRecovered").kind()).isEqualTo(Json.Kind.FALSE);
        assertThat(refused.get("recoveredMessages").number()).isEqualTo(2);
        assertThat(client.broadcast().get("payload").number()).isEqualTo(2);
        assertThat(client.broadcast().get("payload").number()).isEqualTo(3);
        client.unsubscribe(channel);

        Json recovered =
                client.ok("subscribe", params(channel, ",\"last\":1,\"lastSeenMessageId\":" + Json.quote(first)));
        assertThat(recovered.get("historyRecovered").kind()).isEqualTo(Json.Kind.TRUE);
        assertThat(recovered.get("recoveredMessages").number()).isEqualTo(2);
    }

    @Test
    void last_isZeroMessages_whenTheChannelHasNoHistory_orNoMessage() {
        WsClient client = gateway.member();
        for (String prefix : List.of("not-kept:", "kept:")) {
            Json result = client.ok("subscribe", params(channel(prefix), ",\"last\":1000"));
            assertThat(result.names()).containsExactlyInAnyOrder("subscriptionId", "timestamp", "recoveredMessages");
            assertThat(result.get("recoveredMessages").number()).isZero();
        }
    }

    // ---- idempotencyKey

    @Test
    void sameKey_publishesOnce_andIsAnsweredTheSame() {
        String channel = channel("not-kept:");
        WsClient subscriber = gateway.subscriber(channel);
        WsClient client = gateway.member();
        String params = keyed(channel, "1", "key-1");
        Json first = client.ok("publish", params);
        Json again = gateway.member().ok("publish", params);
        client.ok("publish", keyed(channel, "2", "key-2"));

        assertThat(again.raw()).isEqualTo(first.raw());
        assertThat(subscriber.broadcast().get("payload").number()).isEqualTo(1);
        assertThat(subscriber.broadcast().get("payload").number()).isEqualTo(2);
        subscriber.expectQuiet();
    }

    @Test
    void sameKeyWithAnotherMessage_alreadyExists() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        client.ok("publish", keyed(channel, "1", "key"));

        assertThat(client.error("AlreadyExists", "publish", keyed(channel, "2", "key")))
                .startsWith("idempotencyKey: ");
        client.ok("publish", keyed(channel("kept:"), "2", "key"));
    }

    @Test
    void keysOfUsersAndServers_doNotMeet() {
        String channel = channel("not-kept:");
        WsClient subscriber = gateway.subscriber(channel);
        String params = keyed(channel, "1", "key");
        gateway.member().ok("publish", params);
        gateway.connect()
                .auth(Tokens.claims().with("sub", "\"tester \"").token())
                .ok("publish", params);
        assertThat(gateway.publish(channel, "e", "1", "Idempotency-Key: key").status())
                .isEqualTo(200);

        for (int i = 1; i <= 3; i++) {
            assertThat(subscriber.broadcast().get("seq").number()).isEqualTo(i);
        }
        subscriber.expectQuiet();
    }

    @Test
    void errorsOfPublish_comeInOrder() {
        String channel = channel("not-kept:");
        String wrong = ",\"idempotencyKey\":\"\"}";
        WsClient client = gateway.connect();
        assertThat(client.error("InvalidArgument", "publish", "{\"channel\":\"a\",\"event\":\"e\"" + wrong))
                .isEqualTo("payload: missing");
        assertThat(client.error("InvalidArgument", "publish", keyed(channel, "1", "")))
                .startsWith("idempotencyKey: ");
        client.error("Unauthenticated", "publish", keyed(channel, "1", "k"));
        client.auth(Tokens.forChannels("other"));
        client.error("PermissionDenied", "publish", keyed(channel, "1", "k"));
    }

    // ---- parallel

    @Test
    void requestsInOneWrite_areAnsweredInOrder() {
        String channel = channel("kept:");
        WsClient client = gateway.member();
        StringBuilder all = new StringBuilder();
        Frame[] frames = {
            Frame.text(WsClient.request(11, "subscribe", params(channel, ""))),
            Frame.text(WsClient.request(12, "subscribe", params(channel, ""))),
            Frame.text(WsClient.request(13, "publish", WsClient.publishParams("elsewhere", "e", "1"))),
            Frame.text(WsClient.request(14, "unsubscribe", params(channel, ""))),
            Frame.text(WsClient.request(15, "publish", WsClient.publishParams(channel, "e", "2"))),
            Frame.text(WsClient.request(16, "subscribe", params(channel, ",\"last\":1")))
        };
        client.send(frames);

        for (int id = 11; id <= 16; id++) {
            Json json = client.response();
            assertThat(json.get("requestId").number()).isEqualTo(id);
            all.append(json.has("error") ? 'e' : 'r');
        }
        assertThat(all).hasToString("rerrrr");
        assertThat(client.broadcast().get("payload").number()).isEqualTo(2);
        client.expectQuiet();
    }

    private static String params(String channel, String more) {
        return "{\"channel\":" + Json.quote(channel) + more + "}";
    }

    private static String keyed(String channel, String payload, String key) {
        return "{\"channel\":" + Json.quote(channel) + ",\"event\":\"e\",\"payload\":" + payload
                + ",\"idempotencyKey\":" + Json.quote(key) + "}";
    }
}
