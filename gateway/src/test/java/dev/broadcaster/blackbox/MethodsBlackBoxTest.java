package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The methods, their results and the order of their errors: protocol sections 3 to 5. */
@Tag("black-box")
final class MethodsBlackBoxTest {

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared("MAX_SUBSCRIPTIONS", "3", "MAX_REQUEST_RATE", "0");

    // ---- heartbeat, auth

    @Test
    void heartbeat_returnsTheTime_withoutAuth() {
        WsClient client = gateway.connect();

        String timestamp = client.ok("heartbeat", "{}").get("timestamp").text();

        WsClient.assertRfc3339Utc(timestamp);
        assertThat(Instant.parse(timestamp))
                .isBetween(Instant.now().minusSeconds(10), Instant.now().plusSeconds(10));
    }

    @Test
    void auth_isFailedPrecondition_whenRepeated_andTheFirstStays() {
        WsClient client = gateway.connect().auth(Tokens.forChannels("first"));

        client.error("FailedPrecondition", "auth", token(Tokens.forChannels("second")));

        client.subscribe("first");
        client.error("PermissionDenied", "subscribe", WsClient.channelParams("second"));
    }

    @Test
    void auth_reportsABadToken_beforeARepeatedAuth() {
        WsClient client = gateway.member();

        client.error("InvalidArgument", "auth", "{}");
        client.error(
                "Unauthenticated", "auth", token(Tokens.claims().expiresIn(-100).token()));
        client.error("FailedPrecondition", "auth", token(Tokens.valid()));
    }

    // ---- permissions

    @Test
    void subscribe_isDenied_withoutItsScope() {
        WsClient client =
                gateway.connect().auth(Tokens.claims().scope("publish").token());

        client.error("InvalidArgument", "subscribe", WsClient.channelParams("a:"));
        client.error("PermissionDenied", "subscribe", WsClient.channelParams("a"));
        client.publish("a", "e", "1");
    }

    @Test
    void publish_isDenied_withoutItsScope() {
        WsClient client =
                gateway.connect().auth(Tokens.claims().scope("subscribe").token());
        client.subscribe("a");

        client.error("InvalidArgument", "publish", WsClient.publishParams("a", "", "1"));
        client.error("PermissionDenied", "publish", WsClient.publishParams("a", "e", "1"));
        client.expectQuiet();
    }

    /** Grant, channel, and true if the grant covers the channel. */
    static Stream<Arguments> grants() {
        return Stream.of(
                arguments("room", "room", true),
                arguments("room", "rooms", false),
                arguments("room", "roo", false),
                arguments("room", "room:1", false),
                arguments("room", "Room", false),
                arguments("room:1", "room:1", true),
                arguments("room:1", "room:10", false),
                arguments("room:*", "room:1", true),
                arguments("room:*", "room:1:2", true),
                arguments("room:*", "room:-1", true),
                arguments("room:*", "room", false),
                arguments("room:*", "rooms:1", false),
                arguments("room:*", "roo:1", false),
                arguments("room:*", "ROOM:1", false),
                arguments("room:*", "a:room:1", false),
                arguments("room:a:*", "room:a:1", true),
                arguments("room:a:*", "room:ab:1", false),
                arguments("room:a:*", "room:a", false),
                arguments("*", "anything", true),
                arguments("*", "any:thing-else_1", true),
                arguments("room*", "room1", false),
                arguments("room*", "room", false),
                arguments("r*m", "room", false),
                arguments("*:1", "room:1", false),
                arguments("**", "room", false),
                arguments("", "room", false),
                arguments("room:", "room", false),
                arguments("room:", "room:1", false),
                arguments(".*", "room", false),
                arguments("room ", "room", false));
    }

    @ParameterizedTest(name = "\"{0}\" and {1}: {2}")
    @MethodSource("grants")
    void grant_coversItsChannelsOnly(String grant, String channel, boolean covered) {
        WsClient client = gateway.connect().auth(Tokens.forChannels("other", grant));

        if (covered) {
            client.subscribe(channel);
            client.publish(channel, "e", "1");
            assertThat(client.broadcast().get("channel").text()).isEqualTo(channel);
        } else {
            client.error("PermissionDenied", "subscribe", WsClient.channelParams(channel));
            client.error("PermissionDenied", "publish", WsClient.publishParams(channel, "e", "1"));
        }
        client.subscribe("other");
    }

    // ---- subscribe, unsubscribe

    @Test
    void subscriptionIds_areUnique() {
        Set<String> ids = new HashSet<>();
        WsClient one = gateway.member();
        WsClient other = gateway.member();

        for (int i = 0; i < 100; i++) {
            assertThat(ids.add(one.subscribe("unique"))).isTrue();
            assertThat(ids.add(other.subscribe("unique"))).isTrue();
            one.unsubscribe("unique");
            other.unsubscribe("unique");
        }
    }

    @Test
    void subscribe_isFailedPrecondition_overTheLimit_butAlreadyExistsComesFirst() {
        WsClient client = gateway.subscriber("a", "b", "c");

        client.error("FailedPrecondition", "subscribe", WsClient.channelParams("d"));
        client.error("AlreadyExists", "subscribe", WsClient.channelParams("a"));
        client.error("InvalidArgument", "subscribe", WsClient.channelParams("a:"));
        client.unsubscribe("a");
        client.subscribe("d");
        client.error("FailedPrecondition", "subscribe", WsClient.channelParams("a"));
        gateway.subscriber("a", "b", "c");
    }

    @Test
    void subscribe_isDenied_beforeTheLimitCounts() {
        WsClient client = gateway.connect().auth(Tokens.forChannels("a", "b", "c"));
        client.subscribe("a");
        client.subscribe("b");
        client.subscribe("c");

        client.error("PermissionDenied", "subscribe", WsClient.channelParams("d"));
    }

    @Test
    void subscriptions_belongToTheConnection_notToTheUser() {
        WsClient one = gateway.subscriber("own");
        WsClient other = gateway.member();

        other.error("NotFound", "unsubscribe", WsClient.channelParams("own"));
        gateway.publish("own", "e", "1");

        assertThat(one.broadcast().get("payload").raw()).isEqualTo("1");
        other.expectQuiet();
        other.subscribe("own");
        one.unsubscribe("own");
        gateway.publish("own", "e", "2");
        assertThat(other.broadcast().get("payload").raw()).isEqualTo("2");
        one.expectQuiet();
    }

    @Test
    void subscribe_answersWithItsTwoFieldsOnly_withoutARecovery() {
        assertThat(gateway.member().ok("subscribe", WsClient.channelParams("a")).names())
                .containsExactlyInAnyOrder("subscriptionId", "timestamp");
    }

    // ---- publish, broadcast

    @Test
    void broadcast_hasExactlyItsFields() {
        WsClient client = gateway.subscriber("fields");

        Json result = client.ok("publish", WsClient.publishParams("fields", "greeting", "{\"a\":[1, 2]}"));
        Json notification = client.notification();

        assertThat(notification.names()).containsExactlyInAnyOrder("method", "params");
        Json params = notification.get("params");
        assertThat(params.names()).containsExactlyInAnyOrder("id", "seq", "createTime", "channel", "event", "payload");
        assertThat(params.get("id").text()).isEqualTo(result.get("id").text());
        assertThat(params.get("createTime").text())
                .isEqualTo(result.get("createTime").text());
        assertThat(params.get("seq").raw()).isEqualTo("1");
        assertThat(params.get("channel").text()).isEqualTo("fields");
        assertThat(params.get("event").text()).isEqualTo("greeting");
        assertThat(Json.compact(params.get("payload").raw())).isEqualTo("{\"a\":[1,2]}");
        assertThat(result.names()).containsExactlyInAnyOrder("id", "createTime");
    }

    @Test
    void reply_comesBeforeThePublishersOwnCopy() {
        WsClient client = gateway.subscriber("own-copy");

        for (int i = 1; i <= 500; i++) {
            client.send(WsClient.request(i, "publish", WsClient.publishParams("own-copy", "e", String.valueOf(i))));
            Json reply = client.json();
            assertThat(reply.has("requestId")).as("the reply first: %s", reply).isTrue();
            assertThat(client.broadcast().get("seq").number()).isEqualTo(i);
        }
    }

    /** With pipelining each reply still precedes its copy, and both stay in order. */
    @Test
    void repliesPrecedeTheirCopies_whenRequestsArePipelined() {
        WsClient client = gateway.subscriber("own-copy");
        Frame[] frames = IntStream.rangeClosed(1, 300)
                .mapToObj(i -> Frame.text(
                        WsClient.request(i, "publish", WsClient.publishParams("own-copy", "e", String.valueOf(i)))))
                .toArray(Frame[]::new);

        client.send(frames);

        int replies = 0;
        int copies = 0;
        while (copies < 300) {
            Json json = client.json();
            if (json.has("requestId")) {
                assertThat(json.get("requestId").number()).isEqualTo(++replies);
            } else {
                assertThat(json.get("params").get("payload").number()).isEqualTo(++copies);
                assertThat(copies).isLessThanOrEqualTo(replies);
            }
        }
        assertThat(replies).isEqualTo(300);
    }

    @Test
    void seq_startsAt1ForEachSubscription_andRisesByOne() {
        WsClient early = gateway.subscriber("counted", "other");
        for (int i = 1; i <= 5; i++) {
            gateway.publish("counted", "e", String.valueOf(i));
            assertThat(early.broadcast().get("seq").number()).isEqualTo(i);
        }
        WsClient late = gateway.subscriber("counted");
        gateway.publish("counted", "e", "6");
        assertThat(early.broadcast().get("seq").number()).isEqualTo(6);
        assertThat(late.broadcast().get("seq").number()).isEqualTo(1);
        gateway.publish("other", "e", "1");
        assertThat(early.broadcast().get("seq").number()).isEqualTo(1);

        early.unsubscribe("counted");
        gateway.publish("counted", "e", "7");
        assertThat(late.broadcast().get("seq").number()).isEqualTo(2);
        early.subscribe("counted");
        gateway.publish("counted", "e", "8");
        assertThat(early.broadcast().get("seq").number()).isEqualTo(1);
        assertThat(late.broadcast().get("seq").number()).isEqualTo(3);
    }

    /** Promise P4: the reply to subscribe is a barrier. */
    @Test
    void message_isDelivered_whenPublishedTheInstantTheSubscribeReplyIsRead() {
        WsClient client = gateway.member();
        HttpRaw http = gateway.http();

        for (int i = 0; i < 1000; i++) {
            client.subscribe("barrier");
            assertThat(http.send(TestGateway.publishRequest(WsClient.publishParams("barrier", "e", String.valueOf(i))))
                            .status())
                    .isEqualTo(200);
            Json broadcast = client.broadcast();
            assertThat(broadcast.get("payload").number()).isEqualTo(i);
            assertThat(broadcast.get("seq").number()).isEqualTo(1);
            client.unsubscribe("barrier");
        }
    }

    /**
     * Promise P2: one order for all subscribers, the order of each publisher kept, no duplicate, seq without a hole.
     */
    @Test
    void subscribers_seeOneOrder_whenManyPublishAtOnce() throws Exception {
        int publishers = 4;
        int each = 500;
        List<WsClient> subscribers =
                List.of(gateway.subscriber("order"), gateway.subscriber("order"), gateway.subscriber("order"));
        List<Thread> threads = new ArrayList<>();
        for (int p = 0; p < publishers; p++) {
            int publisher = p;
            WsClient socket = gateway.member();
            HttpRaw http = gateway.http();
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    String payload = "[" + publisher + "," + i + "]";
                    if (publisher % 2 == 0) {
                        socket.publish("order", "e", payload);
                    } else {
                        http.send(TestGateway.publishRequest(WsClient.publishParams("order", "e", payload)));
                    }
                }
            }));
        }
        threads.forEach(Thread::start);

        List<List<String>> received = new ArrayList<>();
        for (WsClient subscriber : subscribers) {
            List<String> payloads = new ArrayList<>();
            long[] next = new long[publishers];
            for (int i = 1; i <= publishers * each; i++) {
                Json broadcast = subscriber.broadcast();
                assertThat(broadcast.get("seq").number()).isEqualTo(i);
                List<Json> payload = broadcast.get("payload").elements();
                int publisher = (int) payload.get(0).number();
                assertThat(payload.get(1).number()).isEqualTo(next[publisher]++);
                payloads.add(broadcast.get("id").text());
            }
            received.add(payloads);
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(received.get(1)).isEqualTo(received.get(0));
        assertThat(received.get(2)).isEqualTo(received.get(0));
        assertThat(new HashSet<>(received.get(0))).hasSize(publishers * each);
        subscribers.forEach(WsClient::expectQuiet);
    }

    @Test
    void messageIds_areUniqueOverChannels() {
        Set<String> ids = new HashSet<>();
        WsClient client = gateway.member();

        for (int i = 0; i < 500; i++) {
            assertThat(ids.add(client.publish(i % 2 == 0 ? "even" : "odd", "e", "1")))
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "false",
                "0",
                "-0",
                "1.0",
                "1E400",
                "\"\"",
                "{}",
                "[]",
                "\"\\u0041\\/\"",
                "{\"a\":1,\"a\":2}"
            })
    void payload_mayBeAnyValue(String payload) {
        WsClient client = gateway.subscriber("any");

        client.publish("any", "e", payload);
        assertThat(client.broadcast().get("payload").raw()).isEqualTo(payload);
        gateway.publish("any", "e", payload);
        assertThat(client.broadcast().get("payload").raw()).isEqualTo(payload);
    }

    @Test
    void params_mayComeInAnyOrder_withOthersAmongThem() {
        WsClient client = gateway.subscriber("any");

        client.ok(
                "publish",
                "{\"x\":{\"payload\":0},\"payload\":[1],\"y\":[\"channel\"],\"event\":\"e\",\"channel\":\"any\",\"z\":null}");

        assertThat(client.broadcast().get("payload").raw()).isEqualTo("[1]");
    }

    // ---- refresh

    @Test
    void refresh_answersWithTheNewExpiry() {
        WsClient client = gateway.subscriber("a");
        long exp = Tokens.now() + 7200;

        Json result = client.ok(
                "refresh",
                token(Tokens.claims().with("exp", String.valueOf(exp)).token()));

        assertThat(result.get("success").kind()).isEqualTo(Json.Kind.TRUE);
        WsClient.assertRfc3339Utc(result.get("expiresAt").text());
        assertThat(Instant.parse(result.get("expiresAt").text()).getEpochSecond())
                .isBetween(exp, exp + 30);
        client.publish("a", "e", "1");
        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
    }

    @Test
    void refresh_isDenied_whenTheSubjectDiffers() {
        WsClient client = gateway.connect().auth(Tokens.forChannels("a"));

        client.error(
                "PermissionDenied",
                "refresh",
                token(Tokens.claims().with("sub", "\"someone-else\"").token()));

        client.subscribe("a");
        client.error("PermissionDenied", "subscribe", WsClient.channelParams("b"));
    }

    @Test
    void refresh_extendsTheRightsOfTheConnection() {
        WsClient client = gateway.connect()
                .auth(Tokens.claims().channels("a").scope("subscribe").token());
        client.error("PermissionDenied", "publish", WsClient.publishParams("a", "e", "1"));

        client.ok("refresh", token(Tokens.forChannels("a", "b")));

        client.subscribe("b");
        client.publish("b", "e", "1");
        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
    }

    /** Promise P10: nothing of a channel reaches a connection whose token no longer covers it. */
    @Test
    void refresh_endsTheSubscriptionsThatItNoLongerAuthorizes() {
        WsClient client = gateway.subscriber("keep", "lose:1", "lose:2");

        client.ok("refresh", token(Tokens.forChannels("keep", "new")));
        Set<String> ended = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            Json notification = client.notification();
            assertThat(notification.get("method").text()).isEqualTo("unsubscribed");
            assertThat(notification.get("params").get("reason").text()).isNotBlank();
            ended.add(notification.get("params").get("channel").text());
        }
        gateway.publish("lose:1", "e", "1");
        gateway.publish("lose:2", "e", "1");
        gateway.publish("keep", "e", "1");

        assertThat(ended).containsExactlyInAnyOrder("lose:1", "lose:2");
        assertThat(client.broadcast().get("channel").text()).isEqualTo("keep");
        client.expectQuiet();
        client.error("PermissionDenied", "subscribe", WsClient.channelParams("lose:1"));
        client.error("NotFound", "unsubscribe", WsClient.channelParams("lose:1"));
        client.subscribe("new");
    }

    @Test
    void refresh_endsAllSubscriptions_whenTheScopeIsGone() {
        WsClient client = gateway.subscriber("a");

        client.ok("refresh", token(Tokens.claims().scope("publish").token()));

        Json notification = client.notification();
        assertThat(notification.get("method").text()).isEqualTo("unsubscribed");
        assertThat(notification.get("params").get("channel").text()).isEqualTo("a");
        client.publish("a", "e", "1");
        client.expectQuiet();
    }

    // ---- order

    @Test
    void requests_areAnsweredInOrder_whateverTheyAre() {
        WsClient client = gateway.connect();
        List<String> requests = List.of(
                "{\"id\":1,\"method\":\"subscribe\",\"params\":{\"channel\":\"a\"}}",
                "{\"id\":2,\"method\":\"auth\",\"params\":" + token(Tokens.valid()) + "}",
                "{\"id\":3,\"method\":\"subscribe\",\"params\":{\"channel\":\"a\"}}",
                "{\"id\":4,\"method\":\"heartbeat\"}",
                "{\"id\":5,\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"e\",\"payload\":1}}",
                "{\"id\":6,\"method\":\"dance\"}",
                "{\"id\":7,\"method\":\"unsubscribe\",\"params\":{\"channel\":\"a\"}}",
                "{\"id\":8,\"method\":\"unsubscribe\",\"params\":{\"channel\":\"a\"}}",
                "{\"id\":9,\"method\":\"heartbeat\"}");

        client.send(requests.stream().map(Frame::text).toArray(Frame[]::new));

        for (int id = 1; id <= 9; id++) {
            Json response = client.response();
            assertThat(response.get("requestId").number()).isEqualTo(id);
            assertThat(response.has("error"))
                    .as("%s", response)
                    .isEqualTo(Set.of(1, 6, 8).contains(id));
        }
    }

    private static String token(String token) {
        return "{\"token\":" + Json.quote(token) + "}";
    }
}
