package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
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

/** Publishing over REST, its extensions and its limits: protocol section 6. */
@Tag("black-box")
final class PublishBlackBoxTest {

    private static final String PUBLISH = TestGateway.BASE + "/publish";
    private static final String BATCH = PUBLISH + "/batch";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared("PING_INTERVAL", "600m", "IDLE_TIMEOUT", "1200m");

    @Test
    void publish_answersWithTheMessagesIdAndTime() {
        WsClient observer = gateway.subscriber("rest");

        HttpRaw.Response response = gateway.publish("rest", "greeting", "{\"a\" : [1,  2.50]}");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("Content-Type")).startsWith("application/json");
        assertThat(response.json().names()).containsExactlyInAnyOrder("id", "createTime");
        WsClient.assertRfc3339Utc(response.json().get("createTime").text());
        Json broadcast = observer.broadcast();
        assertThat(broadcast.get("id").text())
                .isEqualTo(response.json().get("id").text());
        assertThat(broadcast.get("createTime").text())
                .isEqualTo(response.json().get("createTime").text());
        assertThat(broadcast.get("event").text()).isEqualTo("greeting");
        assertThat(Json.compact(broadcast.get("payload").raw())).isEqualTo("{\"a\":[1,2.50]}");
    }

    @Test
    void publish_needsNoContentType_andIgnoresUnknownFields() {
        WsClient observer = gateway.subscriber("rest");

        for (String header :
                List.of("Content-Type: application/json; charset=utf-8", "Content-Type: text/plain", "X-Nothing: 1")) {
            assertThat(gateway.post(
                                    PUBLISH,
                                    "{\"x\":1,\"payload\":7,\"channel\":\"rest\",\"event\":\"e\",\"y\":{\"payload\":8}}",
                                    KEY,
                                    header)
                            .status())
                    .isEqualTo(200);
            assertThat(observer.broadcast().get("payload").raw()).isEqualTo("7");
        }
    }

    @Test
    void publish_succeeds_withoutASubscriber() {
        assertThat(gateway.publish("nobody", "e", "1").status()).isEqualTo(200);
    }

    // ---- Idempotency-Key

    @Test
    void sameIdempotencyKey_publishesOnce_andAnswersWithTheFirstAnswer() {
        WsClient observer = gateway.subscriber("once");

        HttpRaw.Response first = gateway.publish("once", "e", "1", "Idempotency-Key: same");
        HttpRaw.Response second = gateway.publish("once", "e", "1", "Idempotency-Key: same");
        HttpRaw.Response other = gateway.publish("once", "e", "1", "Idempotency-Key: other");

        assertThat(first.status()).isEqualTo(200);
        assertThat(second.status()).isEqualTo(200);
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(other.json().get("id").text())
                .isNotEqualTo(first.json().get("id").text());
        assertThat(observer.broadcast().get("id").text())
                .isEqualTo(first.json().get("id").text());
        assertThat(observer.broadcast().get("id").text())
                .isEqualTo(other.json().get("id").text());
        observer.expectQuiet();
    }

    @Test
    void sameIdempotencyKey_isOfItsChannel() {
        String one = gateway.publish("channel:1", "e", "1", "Idempotency-Key: of-channel")
                .json()
                .get("id")
                .text();
        String two = gateway.publish("channel:2", "e", "1", "Idempotency-Key: of-channel")
                .json()
                .get("id")
                .text();

        assertThat(two).isNotEqualTo(one);
    }

    @Test
    void sameIdempotencyKey_isAConflict_withAnotherBody() {
        WsClient observer = gateway.subscriber("conflict");
        gateway.publish("conflict", "e", "1", "Idempotency-Key: conflict");
        assertThat(observer.broadcast().get("payload").raw()).isEqualTo("1");

        HttpRaw.Response payload = gateway.publish("conflict", "e", "2", "Idempotency-Key: conflict");
        HttpRaw.Response event = gateway.publish("conflict", "other", "1", "Idempotency-Key: conflict");

        assertThat(payload.status()).isEqualTo(409);
        assertThat(event.status()).isEqualTo(409);
        payload.json().get("error").get("message").text();
        observer.expectQuiet();
        assertThat(gateway.publish("conflict", "e", "1", "Idempotency-Key: conflict")
                        .status())
                .isEqualTo(200);
        observer.expectQuiet();
    }

    /** Bodies with equal hash codes in Java are still different bodies. */
    @ParameterizedTest
    @ValueSource(strings = {"\"BB\"", "\"Ab\""})
    void sameIdempotencyKey_isAConflict_withAnyOtherBody(String payload) {
        gateway.publish("collision", "e", "\"Aa\"", "Idempotency-Key: collision");

        HttpRaw.Response response = gateway.publish("collision", "e", payload, "Idempotency-Key: collision");

        assertThat(response.status()).as("%s", response).isEqualTo(409);
    }

    @Test
    void sameIdempotencyKey_publishesAgain_afterFiveMinutes() {
        HttpRaw.Response first = gateway.publish("later", "e", "1", "Idempotency-Key: later");

        gateway.time().advance(Duration.ofMinutes(4));
        HttpRaw.Response within = gateway.publish("later", "e", "1", "Idempotency-Key: later");
        gateway.time().advance(Duration.ofMinutes(2));
        HttpRaw.Response after = gateway.publish("later", "e", "1", "Idempotency-Key: later");

        assertThat(within.text()).isEqualTo(first.text());
        assertThat(after.json().get("id").text())
                .isNotEqualTo(first.json().get("id").text());
    }

    @Test
    void sameIdempotencyKey_publishesOnce_whenManyComeAtOnce() throws Exception {
        WsClient observer = gateway.subscriber("race");

        for (int round = 0; round < 20; round++) {
            String key = "Idempotency-Key: race-" + round;
            Set<String> answers = ConcurrentHashMap.newKeySet();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                threads.add(new Thread(
                        () -> answers.add(gateway.publish("race", "e", "1", key).text())));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(answers).hasSize(1);
            assertThat(observer.broadcast().get("seq").number()).isEqualTo(round + 1);
            observer.expectQuiet();
        }
    }

    @Test
    void refusedPublish_doesNotUseItsIdempotencyKeyUp() {
        assertThat(gateway.publish("refused", "", "1", "Idempotency-Key: refused")
                        .status())
                .isEqualTo(400);

        assertThat(gateway.publish("refused", "e", "1", "Idempotency-Key: refused")
                        .status())
                .isEqualTo(200);
    }

    static Stream<Arguments> badIdempotencyKeys() {
        return Stream.of(
                arguments("empty", ""),
                arguments("129 characters", "k".repeat(129)),
                arguments("5 kB", "k".repeat(5000)),
                arguments("tab inside", "a\tb"),
                arguments("control character", "a\u0001b"),
                arguments("delete character", "a\u007fb"),
                arguments("non-ASCII", "cl\u00e9"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badIdempotencyKeys")
    void idempotencyKey_isRefused_whenMalformed(String name, String key) {
        WsClient observer = gateway.subscriber("bad-key");

        HttpRaw.Response response = gateway.publish("bad-key", "e", "1", "Idempotency-Key: " + key);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        observer.expectQuiet();
    }

    @ParameterizedTest
    @ValueSource(strings = {"k", "a b", "~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./", "00000000-0000-4000-8000-000000000000"})
    void idempotencyKey_isTaken_whenPrintable(String key) {
        assertThat(gateway.publish("good-key", "e", "1", "Idempotency-Key: " + key)
                        .status())
                .isEqualTo(200);
        assertThat(gateway.publish("good-key", "e", "1", "Idempotency-Key: " + "k".repeat(128))
                        .status())
                .isEqualTo(200);
    }

    // ---- batch

    @Test
    void batch_publishesInOrder_andAnswersForEachMessage() {
        WsClient observer = gateway.subscriber("batch");
        String messages = IntStream.range(0, 1000)
                .mapToObj(i -> WsClient.publishParams(i % 2 == 0 ? "batch" : "elsewhere", "e", String.valueOf(i)))
                .collect(Collectors.joining(",", "{\"messages\":[", "]}"));

        HttpRaw.Response response = gateway.post(BATCH, messages, KEY);

        assertThat(response.status()).isEqualTo(200);
        List<Json> results = results(response);
        assertThat(results).hasSize(1000);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            assertThat(ids.add(results.get(i).get("id").text())).isTrue();
            WsClient.assertRfc3339Utc(results.get(i).get("createTime").text());
            if (i % 2 == 0) {
                Json broadcast = observer.broadcast();
                assertThat(broadcast.get("payload").number()).isEqualTo(i);
                assertThat(broadcast.get("id").text())
                        .isEqualTo(results.get(i).get("id").text());
            }
        }
    }

    /** A key applies to each message by its place. */
    @Test
    void batchWithAnIdempotencyKey_publishesEachPlaceOnce() {
        WsClient observer = gateway.subscriber("keyed:batch", "keyed:other");
        String key = "Idempotency-Key: batch-places";
        String first = WsClient.publishParams("keyed:batch", "e", "1");
        String second = WsClient.publishParams("keyed:other", "e", "2");

        List<Json> one = batch(key, first, second);
        List<Json> again = batch(key, first, second);
        List<Json> longer = batch(key, first, second, WsClient.publishParams("keyed:batch", "e", "3"));
        List<Json> changed = batch(key, WsClient.publishParams("keyed:batch", "e", "4"), second);
        List<Json> swapped = batch(key, second, first); // both are new: those places have other channels
        HttpRaw.Response single = gateway.publish("keyed:batch", "e", "5", key);

        assertThat(raw(again)).isEqualTo(raw(one));
        assertThat(raw(longer).subList(0, 2)).isEqualTo(raw(one));
        assertThat(changed.get(0).get("error").get("code").text()).isEqualTo("AlreadyExists");
        assertThat(changed.get(1).raw()).isEqualTo(one.get(1).raw());
        assertThat(raw(swapped)).doesNotContainAnyElementsOf(raw(one));
        assertThat(single.status()).isEqualTo(200);
        List<String> delivered = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Json broadcast = observer.broadcast();
            delivered.add(broadcast.get("channel").text()
                    + ' '
                    + broadcast.get("payload").raw());
        }
        assertThat(delivered)
                .containsExactlyInAnyOrder(
                        "keyed:batch 1",
                        "keyed:other 2",
                        "keyed:batch 3",
                        "keyed:other 2",
                        "keyed:batch 1",
                        "keyed:batch 5");
        observer.expectQuiet();
    }

    private static List<Json> batch(String key, String... messages) {
        String body = "{\"messages\":[" + String.join(",", messages) + "]}";
        return gateway.post(BATCH, body, KEY, key).json().get("results").elements();
    }

    private static List<String> raw(List<Json> results) {
        return results.stream().map(Json::raw).toList();
    }

    @Test
    void batch_publishesTheGoodMessages_andRefusesTheBadOnes() {
        WsClient observer = gateway.subscriber("batch");
        String body = "{\"messages\":[" + WsClient.publishParams("batch", "e", "1") + ","
                + WsClient.publishParams("::", "e", "2") + ",{}," + WsClient.publishParams("batch", "", "3") + ",5,"
                + WsClient.publishParams("batch", "e", "{\"a\":1e5}") + "]}";

        List<Json> results = results(gateway.post(BATCH, body, KEY));

        assertThat(results).hasSize(6);
        for (int bad : new int[] {1, 2, 3, 4}) {
            assertThat(results.get(bad).get("error").get("code").text()).isEqualTo("InvalidArgument");
        }
        assertThat(observer.broadcast().get("id").text())
                .isEqualTo(results.get(0).get("id").text());
        Json last = observer.broadcast();
        assertThat(last.get("id").text()).isEqualTo(results.get(5).get("id").text());
        assertThat(last.get("payload").raw()).isEqualTo("{\"a\":1e5}");
        observer.expectQuiet();
    }

    @Test
    void batch_publishesOnce_whenItsIdempotencyKeyIsRepeated() {
        WsClient observer = gateway.subscriber("batch");
        String message = WsClient.publishParams("batch", "e", "1");
        String body = "{\"messages\":[" + message + "," + message + "]}";

        HttpRaw.Response first = gateway.post(BATCH, body, KEY, "Idempotency-Key: batch");
        HttpRaw.Response second = gateway.post(BATCH, body, KEY, "Idempotency-Key: batch");

        assertThat(second.text()).isEqualTo(first.text());
        for (Json result : results(first)) {
            assertThat(observer.broadcast().get("id").text())
                    .isEqualTo(result.get("id").text());
        }
        observer.expectQuiet();
    }

    @Test
    void batch_refusesOnlyTheMessagesThatDiffer_whenItsIdempotencyKeyIsUsedForOthers() {
        WsClient observer = gateway.subscriber("batch");
        String one = WsClient.publishParams("batch", "e", "1");
        String two = WsClient.publishParams("batch", "e", "2");
        List<Json> first = results(
                gateway.post(BATCH, "{\"messages\":[" + one + "," + one + "]}", KEY, "Idempotency-Key: differs"));

        List<Json> second = results(
                gateway.post(BATCH, "{\"messages\":[" + one + "," + two + "]}", KEY, "Idempotency-Key: differs"));

        assertThat(second.get(0).get("id").text())
                .isEqualTo(first.get(0).get("id").text());
        assertThat(second.get(1).get("error").get("code").text()).isEqualTo("AlreadyExists");
        observer.broadcast();
        observer.broadcast();
        observer.expectQuiet();
    }

    /** For any key of a batch, no key of a single publish is the same. */
    @ParameterizedTest
    @ValueSource(strings = {"apart", "apart/0", "apart 0", "apart:0", "apart-0", "apart0"})
    void batchAndSinglePublish_haveIdempotencyKeysOfTheirOwn(String key) {
        gateway.post(
                BATCH,
                "{\"messages\":[" + WsClient.publishParams("apart", "e", "1") + "]}",
                KEY,
                "Idempotency-Key: apart");

        HttpRaw.Response single = gateway.publish("apart", "e", "2", "Idempotency-Key: " + key);

        assertThat(single.status()).as("%s", single).isEqualTo(200);
    }

    static Stream<Arguments> badBatches() {
        String message = WsClient.publishParams("batch", "e", "1");
        return Stream.of(
                arguments("1,001 messages", "{\"messages\":[" + (message + ",").repeat(1000) + message + "]}"),
                arguments("messages missing", "{}"),
                arguments("messages null", "{\"messages\":null}"),
                arguments("messages object", "{\"messages\":" + message + "}"),
                arguments("an array", "[" + message + "]"),
                arguments("a single message", message),
                arguments("truncated", "{\"messages\":[" + message),
                arguments(
                        "bad number in the last",
                        "{\"messages\":[" + message + "," + WsClient.publishParams("batch", "e", "01") + "]}"),
                arguments("not JSON", "messages"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badBatches")
    void batch_isABadRequest_andPublishesNothing_whenMalformed(String name, String body) {
        WsClient observer = gateway.subscriber("batch");

        HttpRaw.Response response = gateway.post(BATCH, body, KEY);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        response.error("InvalidArgument");
        observer.expectQuiet();
    }

    private static List<Json> results(HttpRaw.Response response) {
        assertThat(response.status()).as("%s", response).isEqualTo(200);
        return response.json().get("results").elements();
    }

    // ---- CORS

    @ParameterizedTest
    @ValueSource(strings = {PUBLISH, BATCH})
    void preflight_isAnsweredWithoutAKey(String path) {
        HttpRaw.Response response = HttpRaw.exchange(
                gateway.port(),
                HttpRaw.request(
                        "OPTIONS",
                        path,
                        "",
                        "Origin: https://app.example",
                        "Access-Control-Request-Method: POST",
                        "Access-Control-Request-Headers: authorization, content-type"));

        assertThat(response.status()).isIn(200, 204);
        assertThat(response.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(response.header("Access-Control-Allow-Methods")).contains("POST");
        assertThat(response.header("Access-Control-Allow-Headers"))
                .containsIgnoringCase("Content-Type")
                .containsIgnoringCase("Authorization");
    }

    @Test
    void everyResponseToABrowser_allowsItsOrigin() {
        String origin = "Origin: https://app.example";
        for (HttpRaw.Response response : List.of(
                gateway.publish("cors", "e", "1", origin),
                gateway.publish("::", "e", "1", origin),
                gateway.post(PUBLISH, "{}", origin),
                gateway.post(PUBLISH, " ".repeat((1 << 20) + 1), KEY, origin),
                HttpRaw.exchange(gateway.port(), HttpRaw.request("GET", PUBLISH, "", origin)))) {
            assertThat(response.header("Access-Control-Allow-Origin"))
                    .as("%s", response)
                    .isEqualTo("*");
        }
    }

    @Test
    void origin_isNotAllowed_whenForeign() {
        try (TestGateway narrow = TestGateway.start("ALLOWED_ORIGINS", "https://app.example,https://other.example")) {
            HttpRaw.Response ours = narrow.publish("cors", "e", "1", "Origin: https://other.example");
            assertThat(ours.header("Access-Control-Allow-Origin")).isEqualTo("https://other.example");
            assertThat(ours.header("Vary")).containsIgnoringCase("Origin");

            HttpRaw.Response foreign = narrow.publish("cors", "e", "1", "Origin: https://evil.example");
            assertThat(foreign.hasHeader("Access-Control-Allow-Origin")).isFalse();
            HttpRaw.Response preflight = HttpRaw.exchange(
                    narrow.port(),
                    HttpRaw.request(
                            "OPTIONS",
                            PUBLISH,
                            "",
                            "Origin: https://evil.example",
                            "Access-Control-Request-Method: POST"));
            assertThat(preflight.hasHeader("Access-Control-Allow-Origin")).isFalse();

            assertThat(narrow.publish("cors", "e", "1").status())
                    .as("a server sends no origin")
                    .isEqualTo(200);
        }
        gateway.log().take();
    }

    // ---- rate

    @Test
    void publish_isRefusedWith429_whenAKeyIsOverItsRate() {
        try (TestGateway limited = TestGateway.start("MAX_PUBLISH_RATE", "10")) {
            HttpRaw http = limited.http();
            byte[] request = TestGateway.publishRequest(WsClient.publishParams("rate", "e", "1"));
            List<Integer> statuses = new ArrayList<>();
            HttpRaw.Response last = http.send(request);
            for (int i = 0; i < 50 && last.status() == 200; i++) {
                statuses.add(last.status());
                last = http.send(request);
            }

            assertThat(last.status()).isEqualTo(429);
            assertThat(statuses).hasSizeBetween(10, 30);
            assertThat(Integer.parseInt(last.header("Retry-After"))).isBetween(1, 60);
            last.error("FailedPrecondition");
            HttpRaw.Response otherKey = HttpRaw.exchange(
                    limited.port(),
                    HttpRaw.request(
                            "POST",
                            PUBLISH,
                            WsClient.publishParams("rate", "e", "1"),
                            "Authorization: Bearer " + TestGateway.OTHER_API_KEY));
            assertThat(otherKey.status()).isEqualTo(200);
            limited.time().advance(Duration.ofSeconds(Integer.parseInt(last.header("Retry-After"))));
            assertThat(HttpRaw.exchange(limited.port(), request).status()).isEqualTo(200);
        }
        gateway.log().take();
    }

    @Test
    void retryAfter_isTheTimeForWhichALargeBatchHasUsedUpTheRate() {
        try (TestGateway limited = TestGateway.start("MAX_PUBLISH_RATE", "10")) {
            String message = WsClient.publishParams("rate", "e", "1");
            String batch = "{\"messages\":[" + String.join(",", Collections.nCopies(1_000, message)) + "]}";
            assertThat(HttpRaw.exchange(limited.port(), HttpRaw.request("POST", PUBLISH + "/batch", batch, KEY))
                            .status())
                    .isEqualTo(200);

            byte[] request = TestGateway.publishRequest(message);
            HttpRaw.Response refused = HttpRaw.exchange(limited.port(), request);
            assertThat(refused.status()).isEqualTo(429);
            int seconds = Integer.parseInt(refused.header("Retry-After"));
            assertThat(seconds).isBetween(90, 100);
            limited.time().advance(Duration.ofSeconds(seconds - 10));
            assertThat(HttpRaw.exchange(limited.port(), request).status()).isEqualTo(429);
            limited.time().advance(Duration.ofSeconds(10));
            assertThat(HttpRaw.exchange(limited.port(), request).status()).isEqualTo(200);
        }
    }

    @Test
    void bodyLimit_isASetting() {
        try (TestGateway small = TestGateway.start("MAX_BODY_BYTES", "1000")) {
            assertThat(small.publish("a", "e", "\"" + "x".repeat(900) + "\"").status())
                    .isEqualTo(200);
            HttpRaw.Response refused = small.publish("a", "e", "\"" + "x".repeat(1000) + "\"");
            assertThat(refused.status()).isEqualTo(413);
            refused.error("InvalidArgument");
            assertThat(new String(refused.body(), StandardCharsets.UTF_8)).isNotBlank();
        }
        gateway.log().take();
    }

    /** In one segment with its head, its last chunk later, and larger than what is read at once. */
    @ParameterizedTest
    @ValueSource(ints = {900, 2_000, 20_000})
    void bodyLimit_holdsForAChunkedBody(int size) {
        String body = WsClient.publishParams("a", "e", "\"" + "x".repeat(size) + "\"");
        String head = "POST /broadcaster/publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + TestGateway.API_KEY
                + "\r\nTransfer-Encoding: chunked\r\n\r\n";
        String chunk = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n";
        int expected = size < 1_000 ? 200 : 413;
        try (TestGateway small = TestGateway.start("MAX_BODY_BYTES", "1000")) {
            assertThat(HttpRaw.exchange(small.port(), head + chunk + "0\r\n\r\n")
                            .status())
                    .isEqualTo(expected);
            try (HttpRaw parts = new HttpRaw(small.port())) {
                parts.socket().send(head + chunk);
                parts.socket().trySend("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                assertThat(parts.read().status()).isEqualTo(expected);
            }
        }
        gateway.log().take();
    }

    /** They end their connections by FIN or RST, also in the middle of the next request. */
    @Test
    void publishersThatLeaveBeforeTheirAnswer_areNotLogged() {
        byte[] publish = TestGateway.publishRequest(WsClient.publishParams("c", "e", "1"));
        byte[] oneAndAHalf = Arrays.copyOf(publish, publish.length + 30);
        System.arraycopy(publish, 0, oneAndAHalf, publish.length, 30);
        LogLines log = LogLines.attach();
        try (HeldNode node = new HeldNode()) {
            int count = 0;
            for (byte[] bytes : List.of(publish, oneAndAHalf)) {
                RawSocket left = RawSocket.connect(node.port());
                left.send(bytes);
                RawSocket cut = RawSocket.connect(node.port());
                cut.send(bytes);
                count += 2;
                node.relay.await(count);
                left.close();
                cut.reset();
            }

            node.relay.take().forEach(HeldRelay.Held::accept);

            Awaitility.await("the end of their connections")
                    .untilAsserted(() -> assertThat(node.metric("broadcaster_http_connections"))
                            .isZero());
            byte[] health = HttpRaw.request("GET", TestGateway.BASE + "/health", "");
            assertThat(HttpRaw.exchange(node.port(), health).status()).isEqualTo(200);
            assertThat(log.take()).as("failed tasks").noneMatch(line -> line.contains("XNIO000011"));
        } finally {
            log.detach();
        }
    }
}
