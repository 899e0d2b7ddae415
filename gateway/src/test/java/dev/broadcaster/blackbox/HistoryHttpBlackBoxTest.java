package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code GET /channels/{channel}/history}: the history for servers, protocol section 9. */
@Tag("black-box")
final class HistoryHttpBlackBoxTest {

    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;
    private static final AtomicInteger channels = new AtomicInteger();

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared(
            "HISTORY",
            "kept:=1000/10m,kept:few:=3/10m,kept:brief:=100/2s",
            "PING_INTERVAL",
            "600m",
            "IDLE_TIMEOUT",
            "1200m");

    // ---- pages

    @Test
    void history_hasThePublishedMessages_oldestFirst() {
        String channel = channel("kept:");
        String payload = "{\"n\":12345678901234567890,\"x\":1.50,\"a\":1,\"a\":2,\"s\":\"\\u00e9 é <b>&\"}";
        HttpRaw.Response first = gateway.publish(channel, "say \"hi\"", payload);
        HttpRaw.Response second = gateway.publish(channel, "e", "null");

        HttpRaw.Response response = read(channel, "");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).startsWith("application/json");
        assertThat(response.json().names()).containsExactlyInAnyOrder("historyRecovered", "messages", "more");
        assertThat(recovered(response)).isTrue();
        assertThat(more(response)).isFalse();
        List<Json> messages = response.json().get("messages").elements();
        assertThat(messages).hasSize(2);
        Json message = messages.get(0);
        assertThat(message.names()).containsExactlyInAnyOrder("id", "createTime", "channel", "event", "payload");
        assertThat(message.get("id").raw()).isEqualTo(first.json().get("id").raw());
        assertThat(message.get("createTime").raw())
                .isEqualTo(first.json().get("createTime").raw());
        assertThat(message.get("channel").text()).isEqualTo(channel);
        assertThat(message.get("event").text()).isEqualTo("say \"hi\"");
        assertThat(message.get("payload").raw()).isEqualTo(payload);
        assertThat(messages.get(1).get("id").raw())
                .isEqualTo(second.json().get("id").raw());
    }

    @ParameterizedTest
    @ValueSource(strings = {"?after=a&after=b", "?limit=1&limit=1", "?after=&after="})
    void history_isRefused_whenAParameterIsGivenTwice(String query) {
        HttpRaw.Response response = read(channel("kept:"), query);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.error("InvalidArgument")).contains("given twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"?after=", "?after", "?after=&limit=1"})
    void history_isRefused_whenAfterIsEmpty(String query) {
        HttpRaw.Response response = read(channel("kept:"), query);

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.error("InvalidArgument")).startsWith("after: empty");
    }

    @Test
    void server_thatReadsPageAfterPage_hasEverythingOnce() {
        String channel = channel("kept:");
        List<String> published = publish(channel, 23);
        for (int limit : new int[] {1, 5, 22, 23, 24, 1000}) {
            List<String> read = new ArrayList<>();
            boolean more = true;
            for (String after = ""; more; after = "&after=" + read.get(read.size() - 1)) {
                HttpRaw.Response page = read(channel, "?limit=" + limit + after);
                assertThat(recovered(page)).isTrue();
                List<String> ids = ids(page);
                assertThat(ids).hasSize(Math.min(limit, published.size() - read.size()));
                read.addAll(ids);
                more = more(page);
                assertThat(more).isEqualTo(read.size() < published.size());
            }
            assertThat(read).as("limit %s", limit).isEqualTo(published);
        }
    }

    @Test
    void history_isOfAHundredMessages_whenNoLimitIsGiven() {
        String channel = channel("kept:");
        List<String> published = publish(channel, 101);

        HttpRaw.Response first = read(channel, "");
        HttpRaw.Response second = read(channel, "?after=" + published.get(99));

        assertThat(ids(first)).isEqualTo(published.subList(0, 100));
        assertThat(more(first)).isTrue();
        assertThat(ids(second)).isEqualTo(published.subList(100, 101));
        assertThat(more(second)).isFalse();
    }

    @Test
    void history_isEmpty_withoutLaterMessages_orWithoutAPublish() {
        String channel = channel("kept:");
        String last = publish(channel, 2).get(1);

        for (HttpRaw.Response response : List.of(read(channel, "?after=" + last), read(channel("kept:"), ""))) {
            assertThat(response.text()).isEqualTo("{\"historyRecovered\":true,\"messages\":[],\"more\":false}");
        }
    }

    @Test
    void history_isNotRecovered_afterAMessageThatIsNotKept() {
        String channel = channel("kept:few:");
        List<String> published = publish(channel, 5);
        String other = publish(channel("kept:few:"), 1).get(0);

        for (String after : List.of(published.get(0), published.get(4) + "0", other, "yesterday", "%00", "a-1")) {
            HttpRaw.Response response = read(channel, "?after=" + after);
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.text())
                    .as(after)
                    .isEqualTo("{\"historyRecovered\":false,\"messages\":[],\"more\":false}");
        }
        assertThat(ids(read(channel, "?after=" + published.get(1)))).isEqualTo(published.subList(2, 5));
        assertThat(ids(read(channel, "?after=" + published.get(2)))).isEqualTo(published.subList(3, 5));
        assertThat(ids(read(channel, ""))).isEqualTo(published.subList(2, 5));
    }

    @Test
    void history_hasNoExpiredMessage() {
        String channel = channel("kept:brief:");
        String old = publish(channel, 1).get(0);
        gateway.time().advance(Duration.ofMillis(1500));
        String young = publish(channel, 1).get(0);
        gateway.time().advance(Duration.ofSeconds(1));

        assertThat(ids(read(channel, ""))).containsExactly(young);
        assertThat(ids(read(channel, "?after=" + old))).containsExactly(young);
        gateway.time().advance(Duration.ofSeconds(2));
        HttpRaw.Response nothingLeft = read(channel, "");
        assertThat(nothingLeft.text()).isEqualTo("{\"historyRecovered\":true,\"messages\":[],\"more\":false}");
        assertThat(read(channel, "?after=" + young).text()).isEqualTo(nothingLeft.text());
        assertThat(recovered(read(channel, "?after=" + old))).isFalse();
    }

    @Test
    void serverAndClient_catchUpByTheSameIds() {
        String channel = channel("kept:");
        List<String> published = publish(channel, 4);
        WsClient client = gateway.member();
        HistoryBlackBoxTest.resumed(client, channel, published.get(1));

        for (String id : ids(read(channel, "?after=" + published.get(1)))) {
            assertThat(client.broadcast().get("id").text()).isEqualTo(id);
        }
        client.expectQuiet();
    }

    // ---- refused

    @ParameterizedTest
    @ValueSource(
            strings = {"0", "-1", "1001", "99999", "1e2", "+5", "five", "", "1.0", "0x10", "%20", "5%20", "\u0665"})
    void limit_isRefused_whenItIsNotANumberFrom1To1000(String limit) {
        HttpRaw.Response response = read(channel("kept:"), "?limit=" + limit);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        if (!limit.equals("\u0665")) { // which is not a valid URI
            assertThat(response.error("InvalidArgument")).contains("limit");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a::b", ":a", "a:", "a-", "%C3%A9", "a%20b", "a%00", "a*", "*", "a.b", "{a}", "%7Ba%7D", "a%2Fb", "..",
                "a;b"
            })
    void channel_isRefused_whenMalformed(String channel) {
        HttpRaw.Response response = read(channel, "");

        assertThat(response.status()).as("%s", response).isIn(400, 404);
        assertThat(response.text()).doesNotContain("messages");
    }

    @Test
    void channel_isRefused_whenTooLong() {
        assertThat(read("kept:" + "a".repeat(195), "").status()).isEqualTo(200);
        assertThat(read("kept:" + "a".repeat(196), "").error("InvalidArgument")).contains("channel");
    }

    @Test
    void channelWithoutHistory_isNotFound() {
        publish("free", 1);

        HttpRaw.Response response = read("free", "");

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.error("NotFound")).contains("history");
    }

    static Stream<Arguments> otherPaths() {
        return Stream.of(
                arguments("no channel", "/channels//history"),
                arguments("two steps", "/channels/kept:a/b/history"),
                arguments("a slash behind", "/channels/kept:a/history/"),
                arguments("other suffix", "/channels/kept:a/histor"),
                arguments("other case", "/Channels/kept:a/history"),
                arguments("encoded slash", "/channels%2Fkept:a%2Fhistory"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("otherPaths")
    void pathBesideTheHistorys_isNotFound(String name, String path) {
        assertThat(get(gateway.port(), TestGateway.BASE + path, KEY).status()).isEqualTo(404);
    }

    @Test
    void percentEncodedChannel_isTheChannel() {
        String channel = channel("kept:");
        List<String> published = publish(channel, 1);

        assertThat(ids(read(channel.replace(":", "%3A"), ""))).isEqualTo(published);
        assertThat(ids(read(channel.replace(":", "%3a").replace("k", "%6B"), "")))
                .isEqualTo(published);
    }

    static Stream<Arguments> badKeys() {
        return Stream.of(
                arguments("none", List.of()),
                arguments("unknown", List.of("Authorization: Bearer nobody")),
                arguments("a token", List.of("Authorization: Bearer " + Tokens.valid())),
                arguments("Basic", List.of("Authorization: Basic " + TestGateway.API_KEY)),
                arguments("twice", List.of(KEY, KEY)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badKeys")
    void history_isForKnownKeysOnly(String name, List<String> headers) {
        String channel = channel("kept:");
        publish(channel, 1);

        for (String each : List.of(channel, "free", "::", "kept:nothing")) {
            HttpRaw.Response response = get(gateway.port(), path(each), headers.toArray(String[]::new));
            assertThat(response.status()).as("%s", response).isEqualTo(401);
            assertThat(response.header("WWW-Authenticate")).isEqualTo("Bearer");
            response.error("Unauthenticated");
        }
        assertThat(get(gateway.port(), path(channel) + "?key=" + TestGateway.API_KEY)
                        .status())
                .isEqualTo(401);
        assertThat(get(gateway.port(), path(channel), "authorization: bearer " + TestGateway.OTHER_API_KEY)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "HEAD"})
    void otherMethod_isNotAllowed(String method) {
        HttpRaw http = gateway.http();
        http.socket().send(HttpRaw.request(method, path("kept:a"), "", KEY));
        String head = http.socket().readUntil("\r\n\r\n");

        assertThat(head).startsWith("HTTP/1.1 405 ").contains("\r\nAllow: GET, DELETE, OPTIONS\r\n");
    }

    @Test
    void preflight_isAnsweredWithoutAKey() {
        HttpRaw.Response response = HttpRaw.exchange(
                gateway.port(),
                HttpRaw.request(
                        "OPTIONS",
                        path("kept:a"),
                        "",
                        "Origin: https://app.example",
                        "Access-Control-Request-Method: GET"));

        assertThat(response.status()).isEqualTo(204);
        assertThat(response.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(response.header("Access-Control-Allow-Methods")).isEqualTo("GET, DELETE, OPTIONS");
        assertThat(response.header("Access-Control-Allow-Headers")).contains("Authorization");
    }

    @Test
    void answers_haveCorsHeaders_errorsToo() {
        try (TestGateway narrow =
                TestGateway.start("HISTORY", "kept:=10/10m", "ALLOWED_ORIGINS", "https://app.example")) {
            for (String path : List.of(path("kept:a"), path("free"), path("::"))) {
                HttpRaw.Response response = get(narrow.port(), path, KEY, "Origin: https://app.example");
                assertThat(response.header("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
                assertThat(response.header("Vary")).isEqualTo("Origin");
                assertThat(get(narrow.port(), path, KEY, "Origin: https://other.example")
                                .hasHeader("Access-Control-Allow-Origin"))
                        .isFalse();
            }
        }
        assertThat(get(gateway.port(), path("kept:a")).header("Access-Control-Allow-Origin"))
                .isEqualTo("*");
        gateway.log().take(); // of the other node
    }

    @Test
    void connection_isKept_overManyRequests_theirBodiesIgnored() {
        String channel = channel("kept:");
        publish(channel, 1);
        HttpRaw http = gateway.http();

        for (int i = 0; i < 50; i++) {
            assertThat(http.send(HttpRaw.request("GET", path(channel), "", KEY)).status())
                    .isEqualTo(200);
        }
        // An unexpected body is not taken for the next request.
        HttpRaw.Response withBody = http.send(HttpRaw.request("GET", path(channel), "GET / HTTP/1.1\r\n\r\n", KEY));
        assertThat(withBody.status()).isIn(200, 400);
    }

    @Test
    void emptyBasePath_servesTheHistoryToo() {
        try (TestGateway bare = TestGateway.start("HISTORY", "*=10/10m", "BASE_PATH", "/")) {
            HttpRaw.exchange(
                    bare.port(), HttpRaw.request("POST", "/publish", WsClient.publishParams("any", "e", "1"), KEY));

            HttpRaw.Response response = get(bare.port(), "/channels/any/history", KEY);

            assertThat(ids(response)).hasSize(1);
        }
        gateway.log().take(); // of the other node
    }

    @Test
    void drainingNode_answersWith503_andWhenToRetry() throws Exception {
        try (TestGateway leaving = TestGateway.start("HISTORY", "kept:=10/10m", "DRAIN_TIMEOUT", "5s")) {
            leaving.publish("kept:a", "e", "1");
            List<WsClient> clients =
                    IntStream.range(0, 20).mapToObj(i -> leaving.connect()).toList();
            Thread drain = new Thread(() -> leaving.gateway().drain());
            drain.start();
            Awaitility.await()
                    .until(() -> leaving.get(TestGateway.BASE + "/ready").status() == 503);

            HttpRaw.Response response = get(leaving.port(), path("kept:a"), KEY);

            assertThat(response.status()).isEqualTo(503);
            assertThat(response.header("Retry-After")).isEqualTo("1");
            assertThat(response.error("Internal")).isEqualTo("node is draining");
            assertThat(get(leaving.port(), path("kept:a")).status()).isEqualTo(401);
            clients.forEach(WsClient::close);
            drain.join(10_000);
            assertThat(drain.isAlive()).isFalse();
        }
        gateway.log().take(); // of the other node
    }

    // ---- helpers

    private static String channel(String prefix) {
        return prefix + "http:" + channels.incrementAndGet();
    }

    private static String path(String channel) {
        return TestGateway.BASE + "/channels/" + channel + "/history";
    }

    private static HttpRaw.Response read(String channel, String query) {
        return get(gateway.port(), path(channel) + query, KEY);
    }

    private static HttpRaw.Response get(int port, String path, String... headers) {
        return HttpRaw.exchange(port, HttpRaw.request("GET", path, "", headers));
    }

    private static List<String> publish(String channel, int count) {
        List<String> ids = new ArrayList<>();
        for (int n = 1; n <= count; n++) {
            ids.add(gateway.publish(channel, "e", String.valueOf(n))
                    .json()
                    .get("id")
                    .text());
        }
        return ids;
    }

    private static List<String> ids(HttpRaw.Response response) {
        assertThat(response.status()).as("%s", response).isEqualTo(200);
        return response.json().get("messages").elements().stream()
                .map(message -> message.get("id").text())
                .toList();
    }

    private static boolean recovered(HttpRaw.Response response) {
        return response.json().get("historyRecovered").kind() == Json.Kind.TRUE;
    }

    private static boolean more(HttpRaw.Response response) {
        return response.json().get("more").kind() == Json.Kind.TRUE;
    }
}
