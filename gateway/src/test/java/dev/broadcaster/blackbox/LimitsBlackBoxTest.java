package dev.broadcaster.blackbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.Tokens;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The reasons for which the node closes a connection: protocol sections 5 and 7. Each test has its own node, whose
 * clock it moves.
 */
@Tag("black-box")
final class LimitsBlackBoxTest {

    private static final String[] NEVER_IDLE = {"PING_INTERVAL", "600m", "IDLE_TIMEOUT", "1200m"};

    private TestGateway gateway;

    private TestGateway start(String... settings) {
        gateway = TestGateway.start(settings);
        return gateway;
    }

    private TestGateway startNeverIdle(String... settings) {
        List<String> all = new ArrayList<>(List.of(settings));
        all.addAll(List.of(NEVER_IDLE));
        return start(all.toArray(String[]::new));
    }

    @AfterEach
    void stop() {
        gateway.close();
    }

    // ---- 4401

    @Test
    void connection_closesWith4401_whenNotAuthenticatedInTime() {
        startNeverIdle();
        WsClient silent = gateway.connect();
        WsClient beating = gateway.connect();
        WsClient refused = gateway.connect();
        WsClient member = gateway.subscriber("a");

        gateway.time().advance(Duration.ofSeconds(8));
        beating.ok("heartbeat", "{}");
        refused.error("Unauthenticated", "auth", "{\"token\":\"x\"}");
        silent.expectQuiet();
        gateway.time().advance(Duration.ofSeconds(3));

        silent.expectClose(4401);
        beating.expectClose(4401);
        refused.expectClose(4401);
        member.expectQuiet();
        gateway.expectUnharmed();
    }

    @Test
    void connection_closesWith4401_whenItsTokenExpires_afterTheLeeway() {
        startNeverIdle();
        WsClient client = gateway.connect().auth(Tokens.claims().expiresIn(100).token());
        client.subscribe("a");

        gateway.time().advance(Duration.ofSeconds(120));
        client.publish("a", "e", "1");
        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
        gateway.time().advance(Duration.ofSeconds(12));

        client.expectClose(4401);
        gateway.expectUnharmed();
    }

    @Test
    void connection_stays_whenRefreshedInTime_andClosesAtTheNewExpiry() {
        startNeverIdle();
        WsClient client = gateway.connect().auth(Tokens.claims().expiresIn(100).token());
        client.subscribe("a");

        client.ok("refresh", "{\"token\":\"" + Tokens.claims().expiresIn(1000).token() + "\"}");
        gateway.time().advance(Duration.ofSeconds(500));
        client.publish("a", "e", "1");
        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
        gateway.time().advance(Duration.ofSeconds(532));

        client.expectClose(4401);
        gateway.expectUnharmed();
    }

    @Test
    void connection_closesEarlier_whenRefreshedWithAShorterToken() {
        startNeverIdle();
        WsClient client = gateway.connect().auth(Tokens.claims().expiresIn(1000).token());

        client.ok("refresh", "{\"token\":\"" + Tokens.claims().expiresIn(100).token() + "\"}");
        gateway.time().advance(Duration.ofSeconds(132));

        client.expectClose(4401);
    }

    /** Promise P10: no request is served and no message delivered after the token has expired. */
    @Test
    void request_isNotServed_onceTheTokenHasExpired() {
        startNeverIdle();
        WsClient observer =
                gateway.connect().auth(Tokens.claims().expiresIn(5000).token());
        observer.subscribe("a");
        WsClient client = gateway.connect().auth(Tokens.claims().expiresIn(100).token());

        gateway.time().advance(Duration.ofSeconds(200));
        client.socket()
                .trySend(Frame.text(WsClient.request(1, "publish", WsClient.publishParams("a", "e", "1")))
                        .bytes());

        client.expectClose(4401);
        observer.expectQuiet();
    }

    // ---- 4408

    @Test
    void connection_closesWith4408_whenNothingIsReceived() {
        start("PING_INTERVAL", "700ms", "IDLE_TIMEOUT", "2s");
        WsClient deaf = gateway.subscriber("a");
        deaf.leavePingsUnanswered();
        WsClient halfAFrame = gateway.subscriber("a");
        halfAFrame.leavePingsUnanswered();
        halfAFrame
                .socket()
                .send(java.util.Arrays.copyOf(
                        Frame.text("{\"method\":\"heartbeat\"}").bytes(), 10));
        WsClient answering = gateway.subscriber("a");

        long from = System.nanoTime();
        Thread answers = new Thread(() -> {
            for (int i = 0; i < 4; i++) {
                Frame ping = answering.read();
                assertThat(ping.opcode()).isEqualTo(Frame.PING);
                answering.send(Frame.of(Frame.PONG, ping.payload()));
            }
        });
        answers.start();
        deaf.expectClose(4408);
        assertThat(Duration.ofNanos(System.nanoTime() - from))
                .isBetween(Duration.ofMillis(1800), Duration.ofSeconds(4));
        halfAFrame.expectClose(4408);
        join(answers);

        answering.ok("heartbeat", "{}");
        gateway.expectUnharmed();
    }

    /** Promise P8: with the default settings a dead client is found in 35 s. */
    @Test
    void connection_closesWith4408_whenAPingIsNotAnswered() {
        start();
        WsClient deaf = gateway.subscriber("a");
        deaf.leavePingsUnanswered();
        WsClient answering = gateway.subscriber("a");

        gateway.time().advance(Duration.ofSeconds(24));
        gateway.time().pass(Duration.ofSeconds(2));
        Frame ping = answering.read();
        assertThat(ping.opcode()).isEqualTo(Frame.PING);
        answering.send(Frame.of(Frame.PONG, ping.payload()));
        gateway.time().pass(Duration.ofSeconds(10));

        deaf.expectClose(4408);
        answering.ok("heartbeat", "{}");
        gateway.expectUnharmed();
    }

    @Test
    void node_pingsEveryPingInterval() {
        start("PING_INTERVAL", "200ms", "IDLE_TIMEOUT", "2s");
        WsClient client = gateway.member();

        long from = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            Frame ping = client.read();
            assertThat(ping.opcode()).isEqualTo(Frame.PING);
            client.send(Frame.of(Frame.PONG, ping.payload()));
        }

        assertThat(Duration.ofNanos(System.nanoTime() - from)).isBetween(Duration.ofMillis(500), Duration.ofSeconds(3));
    }

    // ---- 4429

    @Test
    void connection_closesWith4429_whenItsRequestsAreOverTheRate() {
        startNeverIdle("MAX_REQUEST_RATE", "10");
        WsClient client = gateway.connect();
        Frame[] flood = IntStream.rangeClosed(1, 60)
                .mapToObj(i -> Frame.text(WsClient.request(i, "heartbeat", "{}")))
                .toArray(Frame[]::new);

        client.send(flood);

        int answered = 0;
        while (client.read().opcode() == Frame.TEXT) {
            answered++;
        }
        assertThat(client.closeCode()).isEqualTo(4429);
        assertThat(answered).as("a burst of twice the rate").isBetween(20, 25);
        client.answerClose();
        gateway.expectUnharmed();
    }

    @ParameterizedTest
    @ValueSource(ints = {Frame.PING, Frame.PONG, Frame.CONTINUATION})
    void connection_closesWith4429_whenItsControlFramesOrPartsAreOverTenTimesTheRate(int opcode) {
        startNeverIdle("MAX_REQUEST_RATE", "10");
        WsClient client = gateway.connect();
        if (opcode == Frame.CONTINUATION) {
            client.send(Frame.text("{").fin(false));
        }
        Frame frame = Frame.of(opcode, new byte[0]).fin(opcode != Frame.CONTINUATION);

        for (int i = 0; i < 150; i++) {
            client.send(frame);
        }
        if (opcode == Frame.CONTINUATION) {
            client.send(Frame.continuation("\"id\":1,\"method\":\"heartbeat\"}"));
        } else {
            client.send(Frame.text(WsClient.request(1, "heartbeat", "{}")));
        }
        Frame answer = client.read();
        while (answer.opcode() == Frame.PONG) {
            answer = client.read();
        }
        assertThat(answer.opcode()).isEqualTo(Frame.TEXT);

        if (opcode == Frame.CONTINUATION) {
            client.send(Frame.text("{").fin(false));
        }
        for (int i = 0; i < 500; i++) {
            client.socket().trySend(frame.bytes());
        }
        while (client.read().opcode() != Frame.CLOSE) {} // pongs
        assertThat(client.closeCode()).isEqualTo(4429);
        gateway.expectUnharmed();
    }

    @Test
    void rate_refillsWithTime() {
        startNeverIdle("MAX_REQUEST_RATE", "10");
        WsClient client = gateway.member();
        for (int i = 0; i < 19; i++) {
            client.ok("heartbeat", "{}");
        }

        gateway.time().advance(Duration.ofSeconds(1));
        for (int i = 0; i < 10; i++) {
            client.ok("heartbeat", "{}");
        }
        gateway.time().advance(Duration.ofSeconds(5));
        for (int i = 0; i < 20; i++) {
            client.ok("heartbeat", "{}");
        }

        for (int i = 0; i < 40; i++) {
            client.socket()
                    .trySend(Frame.text(WsClient.request(i + 1000, "heartbeat", "{}"))
                            .bytes());
        }
        client.expectClose(4429);
    }

    @Test
    void rate_isOfEachConnection() {
        startNeverIdle("MAX_REQUEST_RATE", "10");
        WsClient greedy = gateway.connect();
        WsClient modest = gateway.connect();

        for (int i = 0; i < 60; i++) {
            greedy.socket()
                    .trySend(Frame.text(WsClient.request(i + 1, "heartbeat", "{}"))
                            .bytes());
        }
        greedy.expectClose(4429);

        modest.ok("heartbeat", "{}");
    }

    // ---- 1013

    @Test
    void connection_closesWith1013_whenTheNodeIsAtCapacity() {
        startNeverIdle("MAX_CONNECTIONS", "2");
        WsClient first = gateway.subscriber("a");
        WsClient second = gateway.subscriber("a");

        WsClient third = gateway.connect();
        third.expectClose(1013);

        second.close();
        Awaitility.await().untilAsserted(() -> {
            WsClient next = gateway.connect();
            next.ok("heartbeat", "{}");
        });
        first.publish("a", "e", "1");
        assertThat(first.broadcast().get("seq").number()).isEqualTo(1);
        gateway.expectUnharmed();
    }

    /** Clients that are refused and stay, without an answer to their close, do not keep other clients out. */
    @Test
    void placeOfAConnection_isFreeWhenItEnds_whileOthersAreBeingRefused() {
        startNeverIdle("MAX_CONNECTIONS", "1");
        WsClient only = gateway.subscriber("a");
        for (int i = 0; i < 20; i++) {
            WsClient refused = gateway.connect();
            refused.awaitClose();
            assertThat(refused.closeCode()).isEqualTo(1013);
        }

        leave(only);
        WsClient next = gateway.connect();
        next.ok("heartbeat", "{}");
        leave(next);
        gateway.expectUnharmed();
    }

    /** Closes in order, and waits until the node has closed too. */
    private static void leave(WsClient client) {
        client.send(Frame.close(1000, ""));
        client.awaitClose();
        client.socket().expectClosed();
    }

    // ---- 4409

    /** Promises P3 and P7: when the slow client reads again, it gets the messages up to the cut, then the code. */
    @Test
    void slowConsumer_readsItsMessagesInOrderAndThen4409_andOthersLoseNothing() {
        startNeverIdle("MAX_PENDING_BYTES", "262144");
        WsClient slow = WsClient.upgrade(gateway.owned(RawSocket.connect(gateway.port(), 4096)))
                .auth(Tokens.valid());
        slow.subscribe("firehose");
        WsClient quick = gateway.subscriber("firehose");
        String payload = "\"" + "x".repeat(50_000) + "\"";
        int messages = 300;
        HttpRaw http = gateway.http();
        double most = 0;
        for (int i = 1; i <= messages; i++) {
            assertThat(http.send(TestGateway.publishRequest(WsClient.publishParams("firehose", "e", payload)))
                            .status())
                    .isEqualTo(200);
            assertThat(quick.broadcast().get("seq").number()).isEqualTo(i);
            if (i % 20 == 0) {
                most = Math.max(most, gateway.metrics().get(Meters.QUEUE_BYTES));
            }
        }

        assertThat(most).as("bytes queued").isLessThanOrEqualTo(262_144 + 60_000);
        long seq = 0;
        Frame frame = slow.read();
        while (frame.opcode() == Frame.TEXT) {
            Json broadcast = Json.parse(new String(frame.payload(), java.nio.charset.StandardCharsets.UTF_8));
            assertThat(broadcast.get("params").get("seq").number()).isEqualTo(++seq);
            frame = slow.read();
        }
        assertThat(slow.closeCode()).isEqualTo(4409);
        assertThat(seq).isLessThan(messages);
        slow.answerClose();
        gateway.expectUnharmed();
    }

    @Test
    void slowConsumer_isDropped_whenItNeverReads() {
        startNeverIdle("MAX_PENDING_BYTES", "65536");
        List<WsClient> slow = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            WsClient client = WsClient.upgrade(gateway.owned(RawSocket.connect(gateway.port(), 4096)))
                    .auth(Tokens.valid());
            client.subscribe("firehose");
            slow.add(client);
        }
        String payload = "\"" + "x".repeat(60_000) + "\"";
        HttpRaw http = gateway.http();
        for (int i = 0; i < 200; i++) {
            http.send(TestGateway.publishRequest(WsClient.publishParams("firehose", "e", payload)));
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(gateway.metrics())
                        .containsEntry(Meters.CONNECTIONS, 0.0)
                        .containsEntry(Meters.QUEUE_BYTES, 0.0));
        assertThat(slow).hasSize(10);
        gateway.expectUnharmed();
    }

    /** Its own replies count too: a client that sends requests and never reads cannot fill the memory. */
    @Test
    void slowConsumer_closes_whenItsOwnRepliesPileUp() throws Exception {
        startNeverIdle("MAX_PENDING_BYTES", "65536", "MAX_REQUEST_RATE", "0");
        WsClient client = WsClient.upgrade(gateway.owned(RawSocket.connect(gateway.port(), 4096)));
        byte[] thousand = Frame.bytes(IntStream.range(0, 1000)
                .mapToObj(i -> Frame.text("{\"id\":1,\"method\":\"heartbeat\"}"))
                .toArray(Frame[]::new));

        Thread sender = new Thread(() -> {
            for (int i = 0; i < 200 && client.socket().trySend(thousand); i++) {}
        });
        sender.start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> gateway.metrics().get(Meters.CONNECTIONS) == 0.0
                        || gateway.metrics().get(Meters.QUEUE_BYTES) > 0
                        || !sender.isAlive());
        assertThat(gateway.metrics().get(Meters.QUEUE_BYTES))
                .as("what one read can cause, at most")
                .isLessThanOrEqualTo(65_536 + (1 << 20));
        client.close();
        sender.join();
        gateway.expectUnharmed();
    }

    // ---- 1001

    @Test
    void drain_makesReadyFail_andClosesEverySocketWith1001_overItsTime() throws Exception {
        startNeverIdle("DRAIN_TIMEOUT", "2s");
        List<WsClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(gateway.subscriber("a"));
        }
        HttpRaw keptAlive = gateway.http();
        assertThat(keptAlive
                        .send(HttpRaw.request("GET", TestGateway.BASE + "/ready", ""))
                        .status())
                .isEqualTo(200);
        int port = gateway.port();
        int managementPort = gateway.gateway().managementPort();

        long from = System.nanoTime();
        Thread drain = new Thread(() -> gateway.gateway().drain());
        drain.start();
        Awaitility.await()
                .atMost(Duration.ofSeconds(1))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(() -> {
                    HttpRaw.Response ready = HttpRaw.exchange(managementPort, HttpRaw.request("GET", "/ready", ""));
                    assertThat(ready.status()).isEqualTo(503);
                    assertThat(ready.json().kind()).isEqualTo(Json.Kind.OBJECT);
                    assertThat(ready.text()).contains("drain");
                });
        assertThat(HttpRaw.exchange(managementPort, HttpRaw.request("GET", "/health", ""))
                        .status())
                .isEqualTo(200);
        expectNoNewSocket(port);
        keptAlive.socket().trySend(TestGateway.publishRequest(WsClient.publishParams("a", "e", "1")));
        HttpRaw.Response refused = keptAlive.readOrClosed();
        if (refused != null) {
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).matches("\\d+");
            assertThat(refused.error("Internal")).startsWith("not published");
        }

        Set<Long> closedAtMillis = new TreeSet<>();
        for (WsClient client : clients) {
            client.expectClose(1001);
            closedAtMillis.add(Duration.ofNanos(System.nanoTime() - from).toMillis());
        }
        drain.join(10_000);

        assertThat(drain.isAlive()).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(5));
        assertThat(new ArrayList<>(closedAtMillis).get(closedAtMillis.size() - 1))
                .as("spread over the drain time")
                .isGreaterThan(500);
        expectNoNewSocket(port);
    }

    @Test
    void drain_endsAtOnce_withoutClients() throws Exception {
        startNeverIdle("DRAIN_TIMEOUT", "30s");
        gateway.expectAlive();
        gateway.awaitBaseline();

        Thread drain = new Thread(() -> gateway.gateway().drain());
        drain.start();

        drain.join(5000);
        assertThat(drain.isAlive()).isFalse();
    }

    @Test
    void close_endsADrain() throws Exception {
        startNeverIdle("DRAIN_TIMEOUT", "60s");
        List<WsClient> clients =
                IntStream.range(0, 50).mapToObj(i -> gateway.subscriber("a")).toList();
        Thread drain = new Thread(() -> gateway.gateway().drain());
        drain.start();
        byte[] ready = ("GET " + TestGateway.BASE + "/ready HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(UTF_8);
        await().until(() -> gateway.http().send(ready).status() == 503);

        gateway.gateway().close();

        join(drain);
        clients.forEach(client -> client.socket().readToEnd());
    }

    private static void join(Thread thread) {
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        assertThat(thread.isAlive()).isFalse();
    }

    private static void expectNoNewSocket(int port) {
        RawSocket socket;
        try {
            socket = RawSocket.connect(port);
        } catch (java.io.UncheckedIOException e) {
            assertThat(e.getCause()).isInstanceOf(ConnectException.class);
            return;
        }
        try (socket) {
            socket.trySend(Handshake.request("").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            String answer = socket.readUntil("\r\n\r\n");
            assertThat(answer).doesNotStartWith("HTTP/1.1 101 ");
        }
    }
}
