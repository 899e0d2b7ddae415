package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.SelfSigned;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that arrive before earlier ones are answered (RFC 9112 section 9.3.2): they are handled one at a time, in
 * order.
 */
@Tag("black-box")
final class PipelinedBlackBoxTest {

    private static final String PUBLISH = TestGateway.BASE + "/publish";
    private static final String KEY = "Authorization: Bearer " + TestGateway.API_KEY;
    private static final String ACCEPTED = "broadcaster_messages_published_total{source=\"rest\"}";

    private HeldNode node;
    private HttpRaw http;

    @BeforeEach
    void start() {
        node = new HeldNode("MAX_BODY_BYTES", "100000");
        http = new HttpRaw(node.port());
    }

    @AfterEach
    void stop() {
        http.close();
        node.close();
    }

    private static byte[] publish(int number, String... headers) {
        return TestGateway.publishRequest(WsClient.publishParams("p", "e", String.valueOf(number)), headers);
    }

    private static byte[] joined(byte[]... requests) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] request : requests) {
            all.writeBytes(request);
        }
        return all.toByteArray();
    }

    private static byte[] publishes(int count) {
        return joined(IntStream.range(0, count).mapToObj(i -> publish(i)).toArray(byte[][]::new));
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void expectPublished(int... numbers) {
        for (int number : numbers) {
            HttpRaw.Response response = http.read();
            assertThat(response.status()).as("%s", response).isEqualTo(200);
            assertThat(response.json().get("id").text()).isEqualTo("id-" + number);
        }
    }

    /** Expects that nothing arrives for a while. */
    private void expectQuiet() {
        http.socket().patience(Duration.ofMillis(150));
        assertThatThrownBy(() -> http.socket().read()).hasMessageContaining("nothing received");
        http.socket().patience(Duration.ofSeconds(15));
    }

    /** Accepts the next {@code count} publishes, each after a check that the relay has no later one. */
    private void acceptOneByOne(int from, int count) {
        for (int i = from; i < from + count; i++) {
            List<HeldRelay.Held> held = node.relay.await(i + 1);
            assertThat(held).hasSize(i + 1);
            held.get(i).accept();
        }
    }

    // ---- one at a time and in order

    @Test
    void publishes_areWithTheRelayOneAtATime_andAnsweredInOrder() {
        http.socket().send(publishes(20));
        node.relay.await(1);
        expectQuiet();

        acceptOneByOne(0, 20);

        expectPublished(IntStream.range(0, 20).toArray());
        assertThat(node.relay.publishes())
                .extracting(HeldRelay.Held::payload)
                .containsExactlyElementsOf(
                        IntStream.range(0, 20).mapToObj(String::valueOf).toList());
    }

    @Test
    void publish_waitsForTheOneBefore_whenItComesLater() {
        http.socket().send(publish(0));
        node.relay.await(1);
        http.socket().send(publish(1));
        expectQuiet();

        acceptOneByOne(0, 2);

        expectPublished(0, 1);
    }

    /** A publisher that reads its own publishes back must find them. */
    @Test
    void aHistory_isNotReadBeforeThePublishesBeforeIt() {
        http.socket()
                .send(joined(
                        publish(1),
                        publish(2),
                        HttpRaw.request("GET", TestGateway.BASE + "/channels/p/history", "", KEY)));
        acceptOneByOne(0, 1);
        expectPublished(1);
        node.relay.await(2);
        assertThat(node.relay.historyReads()).isZero();

        acceptOneByOne(1, 1);

        expectPublished(2);
        assertThat(http.read().status()).isEqualTo(404);
        assertThat(node.relay.historyReads()).isEqualTo(1);
    }

    // ---- among others

    private static Arguments odd(String name, String request, int status) {
        return arguments(name, bytes(request), status);
    }

    private static String head(String... lines) {
        return "POST " + PUBLISH + " HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", lines) + "\r\n\r\n";
    }

    static Stream<Arguments> others() {
        String body = WsClient.publishParams("p", "e", "7");
        String length = "Content-Length: " + body.length();
        return Stream.of(
                odd("unknown key", head("Authorization: Bearer wrong", length) + body, 401),
                odd("no key", head(length) + body, 401),
                odd("not JSON", head(KEY, "Content-Length: 5") + "{\"a\":", 400),
                odd(
                        "channel malformed",
                        head(KEY, "Content-Length: 37") + "{\"channel\":\"!\",\"event\":1,\"payload\":1}",
                        400),
                odd("no body", head(KEY, "Content-Length: 0"), 400),
                odd("GET", "GET " + PUBLISH + " HTTP/1.1\r\nHost: a\r\n\r\n", 405),
                odd("preflight", "OPTIONS " + PUBLISH + " HTTP/1.1\r\nHost: a\r\n\r\n", 204),
                odd("health", "GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\n", 200),
                odd("a large answer", "GET " + TestGateway.BASE + "/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", 200),
                odd("nothing there", "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
                odd(
                        "an empty batch",
                        "POST " + PUBLISH + "/batch HTTP/1.1\r\nHost: a\r\n" + KEY
                                + "\r\nContent-Length: 15\r\n\r\n{\"messages\":[]}",
                        200),
                odd("body too large", head(KEY, "Content-Length: 100001") + "x".repeat(100_001), 413));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("others")
    void anotherRequest_getsItsOwnAnswer_inItsPlace(String name, byte[] other, int status) {
        http.socket().send(joined(publish(1), publish(2), other, publish(3)));
        acceptOneByOne(0, 2);

        expectPublished(1, 2);
        HttpRaw.Response response = http.read();
        assertThat(response.status()).as("%s", response).isEqualTo(status);
        node.relay.await(3).get(2).accept();
        expectPublished(3);
    }

    @Test
    void chunkedPublish_isHandledInOrder() {
        String body = WsClient.publishParams("p", "e", "2");
        String chunked = head(KEY, "Transfer-Encoding: chunked") + Integer.toHexString(body.length()) + "\r\n" + body
                + "\r\n0\r\n\r\n";

        http.socket().send(joined(publish(1), bytes(chunked), bytes(chunked), publish(3)));

        acceptOneByOne(0, 4);
        expectPublished(1, 2, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 150, 200, 260})
    void aPublish_isHandledInOrder_whenItsRestArrivesLater(int missing) {
        byte[] all = joined(publish(1), publish(2), publish(3));
        http.socket().send(Arrays.copyOf(all, all.length - missing));
        acceptOneByOne(0, 1);
        expectPublished(1);

        http.socket().send(Arrays.copyOfRange(all, all.length - missing, all.length));

        acceptOneByOne(1, 2);
        expectPublished(2, 3);
    }

    @Test
    void aLargeBody_isHandledInOrder() {
        String large = "\"" + "x".repeat(60_000) + "\"";
        http.socket()
                .send(joined(
                        publish(1), TestGateway.publishRequest(WsClient.publishParams("p", "e", large)), publish(3)));

        acceptOneByOne(0, 1);
        HeldRelay.Held second = node.relay.await(2).get(1);
        assertThat(second.payload()).isEqualTo(large);
        second.answer(new PublishOutcome.Accepted("id-large", "2026-01-02T03:04:05Z"));
        acceptOneByOne(2, 1);
        expectPublished(1);
        assertThat(http.read().json().get("id").text()).isEqualTo("id-large");
        expectPublished(3);
    }

    static Stream<Arguments> last() {
        String body = WsClient.publishParams("p", "e", "7");
        String length = "Content-Length: " + body.length();
        return Stream.of(
                odd("bad idempotency key", head(KEY, "Idempotency-Key: " + "k".repeat(129), length) + body, 400),
                odd("two lengths", head(KEY, length, "Content-Length: 1") + body, 400),
                odd("length and chunked", head(KEY, length, "Transfer-Encoding: chunked") + body, 400),
                odd("no request at all", "\u0000\u0001\u0002\r\n\r\n", 400),
                odd("two Hosts", head("Host: b", KEY, length) + body, 400),
                odd("a header that is none", head("no colon", KEY, length) + body, 400),
                odd("a chunk that is none", head(KEY, "Transfer-Encoding: chunked") + "zz\r\n", 400));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("last")
    void aRequestThatEndsTheConnection_doesSoAfterTheAnswersBeforeIt(String name, byte[] other, int status) {
        http.socket().send(joined(publish(1), publish(2), other, publish(3)));
        acceptOneByOne(0, 2);

        expectPublished(1, 2);
        assertThat(http.read().status()).isEqualTo(status);
        assertThat(http.readOrClosed()).isNull();
        assertThat(node.relay.publishes()).hasSize(2);
    }

    @Test
    void aPublishThatEndsTheConnection_doesSoAfterTheAnswersBeforeIt() {
        http.socket().send(joined(publish(1), publish(2, "Connection: close"), publish(3)));
        acceptOneByOne(0, 2);

        expectPublished(1);
        HttpRaw.Response second = http.read();
        assertThat(second.header("Connection")).isEqualTo("close");
        assertThat(second.json().get("id").text()).isEqualTo("id-2");
        assertThat(http.readOrClosed()).isNull();
        assertThat(node.relay.publishes()).hasSize(2);
    }

    @Test
    void aClientThatWaitsForContinue_getsIt_inItsTurn() {
        String body = WsClient.publishParams("p", "e", "2");
        http.socket()
                .send(joined(publish(1), bytes(head(KEY, "Expect: 100-continue", "Content-Length: " + body.length()))));
        node.relay.await(1);
        expectQuiet();

        node.relay.publishes().get(0).accept();
        expectPublished(1);
        HttpRaw.Response interim = http.readOrClosed();
        assertThat(interim).isNotNull();
        assertThat(interim.status()).isEqualTo(100);
        http.socket().send(joined(bytes(body), publish(3)));

        acceptOneByOne(1, 2);
        expectPublished(2, 3);
    }

    @Test
    void aHandshake_isAnsweredInItsPlace_andTheSocketWorks() {
        http.socket()
                .send(joined(
                        publish(1),
                        publish(2),
                        bytes(Handshake.request("")),
                        Frame.ping("hello").bytes()));
        acceptOneByOne(0, 2);
        expectPublished(1, 2);

        HttpRaw.Response upgrade = http.readOrClosed();
        assertThat(upgrade).isNotNull();
        assertThat(upgrade.status()).isEqualTo(101);
        assertThat(http.socket().read()).isEqualTo(0x8a); // a pong
        assertThat(http.socket().read()).isEqualTo(5);
        assertThat(http.socket().readUntil("hello")).isEqualTo("hello");
    }

    @Test
    void eachPublish_hasItsOwnIdempotencyKey() {
        http.socket()
                .send(joined(
                        publish(1, "Idempotency-Key: one"),
                        publish(2),
                        publish(3, "Idempotency-Key: three"),
                        publish(4, "Idempotency-Key: one")));

        acceptOneByOne(0, 3);
        List<HeldRelay.Held> held = node.relay.await(4);

        assertThat(held)
                .extracting(publish -> publish.publication().idempotencyKey())
                .containsExactly("one", null, "three", "one");
        held.get(3).answer(new PublishOutcome.KeyReused());
        expectPublished(1, 2, 3);
        assertThat(http.read().status()).isEqualTo(409);
        assertThat(node.metric("broadcaster_refusals_total{reason=\"idempotency_key\"}"))
                .isEqualTo(1);
    }

    /**
     * The same requests one by one, with a relay that answers at once, and in any segmentation with a relay that does
     * not.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void anyRequests_areAnsweredLikeOneByOne(long seed) throws Exception {
        Random random = new Random(seed);
        List<byte[]> kinds =
                new ArrayList<>(others().map(row -> (byte[]) row.get()[1]).toList());
        if (random.nextInt(4) == 0) {
            kinds.add(random.nextBoolean() ? publish(1000, "Connection: close") : bytes("no request\r\n"));
        }
        List<byte[]> requests = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            requests.add(random.nextInt(4) > 0 ? publish(i) : kinds.get(random.nextInt(kinds.size())));
        }
        node.relay.answerAtOnce(true);
        List<String> expected = oneByOne(requests);
        List<String> published =
                node.relay.publishes().stream().map(HeldRelay.Held::payload).toList();
        node.relay.answerAtOnce(false);
        int before = published.size();

        Thread relay = new Thread(() -> answerAnyhow(before, before + published.size(), new Random(seed)));
        relay.start();
        byte[] all = joined(requests.subList(0, expected.size()).toArray(byte[][]::new));
        Thread sender = new Thread(() -> {
            for (int from = 0; from < all.length; ) {
                int length = Math.min(all.length - from, 1 + random.nextInt(random.nextBoolean() ? 50 : 5000));
                if (!http.socket().trySend(Arrays.copyOfRange(all, from, from + length))) {
                    return;
                }
                from += length;
            }
        });
        sender.start();
        for (String answer : expected) {
            assertThat(described(http.readOrClosed())).isEqualTo(answer);
        }
        relay.join(10_000);

        assertThat(relay.isAlive()).isFalse();
        assertThat(node.relay.publishes().subList(before, 2 * before))
                .extracting(HeldRelay.Held::payload)
                .containsExactlyElementsOf(published);
        http.close();
        sender.join(10_000);
        assertThat(node.relay.publishes()).hasSize(2 * before);
    }

    /** Up to the request that ends the connection, if there is one. */
    private List<String> oneByOne(List<byte[]> requests) {
        List<String> answers = new ArrayList<>();
        try (HttpRaw one = new HttpRaw(node.port())) {
            for (byte[] request : requests) {
                one.socket().send(request);
                HttpRaw.Response response = one.read();
                answers.add(described(response));
                if (response.headers().getOrDefault("connection", List.of()).contains("close")) {
                    break;
                }
            }
        }
        return answers;
    }

    private static String described(HttpRaw.Response response) {
        return String.valueOf(response);
    }

    private void answerAnyhow(int from, int to, Random random) {
        List<HeldRelay.Held> waiting = new ArrayList<>();
        int taken = from;
        while (taken < to || !waiting.isEmpty()) {
            List<HeldRelay.Held> all = node.relay.publishes();
            for (; taken < Math.min(all.size(), to); taken++) {
                waiting.add(all.get(taken));
            }
            Collections.shuffle(waiting, random);
            int some = random.nextInt(waiting.size() + 1);
            waiting.subList(0, some).forEach(HeldRelay.Held::accept);
            waiting.subList(0, some).clear();
            Thread.yield();
        }
    }

    // ---- limits

    @Test
    void theRate_isTakenOnceForEach() {
        stop();
        node = new HeldNode("MAX_PUBLISH_RATE", "1"); // and a burst of two
        http = new HttpRaw(node.port());
        http.socket().send(publishes(5));

        acceptOneByOne(0, 2);

        expectPublished(0, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(http.read().status()).isEqualTo(429);
        }
        assertThat(node.metric("broadcaster_refusals_total{reason=\"publish_rate\"}"))
                .isEqualTo(3);
        assertThat(node.relay.publishes()).hasSize(2);
    }

    /** Nothing else would end its connection: it always has output to send. */
    @Test
    void aPublisherThatNeverReadsResponses_isCut() throws Exception {
        http.close();
        RawSocket client = RawSocket.connect(node.port(), 4096);
        http = new HttpRaw(client);
        Thread answering = new Thread(() -> {
            int done = 0;
            while (!Thread.currentThread().isInterrupted()) {
                List<HeldRelay.Held> all = node.relay.publishes();
                for (; done < all.size(); done++) {
                    all.get(done).accept();
                }
                Thread.yield();
            }
        });
        answering.start();
        byte[] requests = publishes(500);
        Thread sender = new Thread(() -> {
            while (client.trySend(requests)) {}
        });
        sender.start();

        sender.join(25_000);
        answering.interrupt();
        answering.join();

        assertThat(sender.isAlive()).as("still connected").isFalse();
        assertThat(node.metric("broadcaster_refusals_total{reason=\"slow_reader\"}"))
                .isEqualTo(1);
        assertThat(node.drain()).succeedsWithin(Duration.ofSeconds(5));
    }

    // ---- ends

    @Test
    void answers_stillCome_whenTheClientHasFinishedSending() {
        http.socket().send(publishes(3));
        http.socket().finishSending();
        node.relay.await(1);
        expectQuiet();

        acceptOneByOne(0, 3);

        expectPublished(0, 1, 2);
        assertThat(http.readOrClosed()).isNull();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("others")
    void anotherRequest_isAnsweredToo_whenTheClientHasFinishedSending(String name, byte[] other, int status) {
        http.socket().send(joined(publish(1), other, publish(3)));
        http.socket().finishSending();
        node.relay.await(1);
        expectQuiet();

        node.relay.publishes().get(0).accept();

        expectPublished(1);
        assertThat(http.read().status()).isEqualTo(status);
        node.relay.await(2).get(1).accept();
        expectPublished(3);
        assertThat(http.readOrClosed()).isNull();
    }

    @Test
    void publish_isCounted_whenItsConnectionIsCut() {
        http.socket().send(publish(0));
        List<HeldRelay.Held> held = node.relay.await(1);
        http.socket().reset();

        CompletableFuture<Void> drain = node.drain(); // reported by the response that cannot be written
        held.get(0).accept();

        assertThat(drain).succeedsWithin(Duration.ofSeconds(5));
        Awaitility.await().untilAsserted(() -> assertThat(node.metric(ACCEPTED)).isEqualTo(1));
    }

    @Test
    void drain_waitsForEveryAnswer_andRefusesLaterPublishes() {
        http.socket().send(publishes(2));
        List<HeldRelay.Held> held = node.relay.await(1);
        CompletableFuture<Void> drain = node.drain();

        // A drain ends when nothing has arrived for a second and nothing is in flight.
        assertThatThrownBy(() -> drain.get(1_500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        expectQuiet();
        held.get(0).accept();

        expectPublished(0);
        HttpRaw.Response refused = http.read();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.error("Internal")).isEqualTo("not published: node is draining");
        assertThat(drain).succeedsWithin(Duration.ofSeconds(5));
        assertThat(node.relay.publishes()).hasSize(1);
    }

    @Test
    void publishes_areAnsweredInOrder_overTls(@TempDir Path directory) throws Exception {
        stop();
        SelfSigned made = SelfSigned.make(directory);
        node = new HeldNode(
                "TLS_CERT", made.certificate().toString(), "TLS_KEY", made.key().toString());
        http = new HttpRaw(RawSocket.over(made.trusting().getSocketFactory().createSocket("127.0.0.1", node.port())));

        for (int round = 1; round <= 10; round++) {
            http.socket().send(publishes(40));
            acceptOneByOne(40 * (round - 1), 40);
            expectPublished(IntStream.range(0, 40).toArray());
        }
        http.socket().send(publishes(3));
        http.socket().finishSending();
        acceptOneByOne(400, 3);
        expectPublished(0, 1, 2);
        assertThat(http.readOrClosed()).isNull();
    }
}
