package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.SelfSigned;
import dev.broadcaster.testing.Tokens;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Admission of connections to a node with few places, and the connections that are closed for others. */
@Tag("black-box")
final class AdmissionTest {
    private static final String REFUSALS = "broadcaster_refusals_total{reason=\"%s\"}";

    private TestGateway gateway;

    private void start(String... settings) {
        gateway = TestGateway.start(settings);
    }

    @AfterEach
    void stop() {
        gateway.expectUnharmed();
        gateway.close();
    }

    private double refusals(String reason) {
        return gateway.metrics().get(REFUSALS.formatted(reason));
    }

    // ---- connections that have not authenticated

    @Test
    void oldestThatHasNotAuthenticated_isClosedWith1013_whenOneTooManyComes() {
        start("MAX_UNAUTHENTICATED", "3", "IO_THREADS", "1");
        WsClient member = gateway.member();
        WsClient first = gateway.connect();
        WsClient second = gateway.connect();
        WsClient third = gateway.connect();

        WsClient fourth = gateway.connect();

        first.awaitClose();
        assertThat(first.closeCode()).isEqualTo(1013);
        first.socket().expectClosed();
        second.ok("heartbeat", "{}");
        third.ok("heartbeat", "{}");
        fourth.auth(Tokens.valid());
        member.ok("heartbeat", "{}");
        assertThat(refusals("unauthenticated")).isEqualTo(1);
        Awaitility.await()
                .untilAsserted(() -> assertThat(gateway.metrics().get("broadcaster_connections_unauthenticated"))
                        .isEqualTo(2));
    }

    /** The node is busy while the client authenticates and a newer connection arrives. */
    @Test
    void clientWhoseAuthIsNotReadYet_isNotClosedForANewerOne() throws Exception {
        try (HeldNode node = new HeldNode("MAX_UNAUTHENTICATED", "1")) {
            for (int i = 0; i < 10; i++) {
                CountDownLatch busy = new CountDownLatch(1);
                CountDownLatch both = new CountDownLatch(1);
                node.relay.onPublish(() -> {
                    busy.countDown();
                    awaitQuietly(both);
                });
                try (WsClient first = WsClient.open(node.port());
                        HttpRaw publisher = new HttpRaw(node.port());
                        RawSocket second = RawSocket.connect(node.port())) {
                    publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("p", "e", "1")));
                    busy.await();
                    first.send(WsClient.request(1, "auth", "{\"token\":\"" + Tokens.valid() + "\"}"));
                    second.send(Handshake.request(""));
                    both.countDown();

                    assertThat(first.response().get("result").get("success").raw())
                            .isEqualTo("true");
                    assertThat(second.readUntil("\r\n")).contains(" 101 ");
                    node.relay.take().forEach(HeldRelay.Held::accept);
                }
            }
            assertThat(node.metric("broadcaster_closes_total{code=\"1013\"}")).isZero();
        }
        start();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Strangers that connect faster than the time for auth ends do not keep honest clients out. */
    @Test
    void clientThatAuthenticates_getsAPlace_whileStrangersTakeAllRemainingPlaces() {
        start("MAX_CONNECTIONS", "20", "MAX_UNAUTHENTICATED", "20", "IO_THREADS", "1");
        for (int i = 1; i <= 20; i++) {
            for (int j = 0; j < 30; j++) {
                gateway.connect();
            }
            WsClient honest = gateway.connect();
            honest.auth(Tokens.valid()).ok("heartbeat", "{}");
            assertThat(gateway.metrics().get(Meters.CONNECTIONS)).isLessThanOrEqualTo(20);
        }
        WsClient late = gateway.connect();
        late.expectClose(1013);
        assertThat(refusals("capacity")).isGreaterThanOrEqualTo(1);
    }

    @Test
    void strangersThatLeaveTheirCloseUnanswered_holdFewPlaces() {
        start("MAX_CONNECTIONS", "100", "IO_THREADS", "1");
        List<WsClient> strangers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            WsClient stranger = gateway.connect();
            stranger.send("not JSON");
            strangers.add(stranger);
        }
        for (WsClient stranger : strangers) {
            stranger.awaitClose();
            assertThat(stranger.closeCode()).isEqualTo(4400);
        }

        assertThat(gateway.metrics().get(Meters.CONNECTIONS)).isLessThanOrEqualTo(64);
    }

    // ---- connections that are not WebSockets

    @Test
    void idleHttpConnections_areClosedForNewOnes_theLongestIdleFirst() {
        start("MAX_CONNECTIONS", "10", "IO_THREADS", "1"); // and 64 others
        List<RawSocket> idle = new ArrayList<>();
        for (int i = 0; i < 74; i++) {
            idle.add(gateway.socket());
        }
        Awaitility.await()
                .untilAsserted(() -> assertThat(gateway.metrics().get("broadcaster_http_connections"))
                        .isEqualTo(74));
        idle.get(0).send("GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(idle.get(0).readUntil("ok")).startsWith("HTTP/1.1 200");

        WsClient client = gateway.connect();

        client.auth(Tokens.valid()).ok("heartbeat", "{}");
        assertThat(idle.get(1).read()).as("the longest idle").isEqualTo(-1);
        idle.get(0).send("GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(idle.get(0).readUntil("ok")).startsWith("HTTP/1.1 200");
        assertThat(refusals("http_connections")).isEqualTo(1);
    }

    /** The node is busy while requests arrive on the connections that have been silent for the longest time. */
    @Test
    void connectionWhoseBytesAreNotReadYet_isNotClosedForANewOne() throws Exception {
        byte[] health = HttpRaw.request("GET", TestGateway.BASE + "/health", "");
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch sent = new CountDownLatch(1);
        try (HeldNode node = new HeldNode("MAX_CONNECTIONS", "1"); // and 64 others
                HttpRaw publisher = new HttpRaw(node.port())) {
            node.relay.onPublish(() -> {
                busy.countDown();
                awaitQuietly(sent);
            });
            List<HttpRaw> silent = new ArrayList<>();
            for (int i = 1; i < 65; i++) {
                silent.add(new HttpRaw(node.port()));
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.metric("broadcaster_http_connections"))
                            .isEqualTo(65));
            publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("p", "e", "1")));
            busy.await();

            try (HttpRaw newest = new HttpRaw(node.port())) {
                newest.socket().send(health);
                silent.get(0).socket().send(health);
                silent.get(1).socket().send(health);
                sent.countDown();

                assertThat(silent.get(0).read().status()).isEqualTo(200);
                assertThat(silent.get(1).read().status()).isEqualTo(200);
                assertThat(newest.read().status()).isEqualTo(200);
                assertThat(silent.get(2).socket().read())
                        .as("the longest silent")
                        .isEqualTo(-1);
            }
            node.relay.take().forEach(HeldRelay.Held::accept);
            assertThat(publisher.read().status()).isEqualTo(200);
            assertThat(node.metric(REFUSALS.formatted("http_connections"))).isEqualTo(1);
            for (HttpRaw other : silent) {
                other.close();
            }
        }
        start();
    }

    @Test
    void publishInFlight_isAnswered_howeverManyHttpConnectionsCome() throws Exception {
        try (HeldNode node = new HeldNode("MAX_CONNECTIONS", "1");
                HttpRaw publisher = new HttpRaw(node.port())) {
            publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("p", "e", "1")));
            node.relay.await(1);
            List<RawSocket> strangers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                strangers.add(RawSocket.connect(node.port()));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(node.metric("broadcaster_refusals_total{reason=\"http_connections\"}"))
                                    .isEqualTo(201 - 65));
            assertThat(node.metric("broadcaster_http_connections")).isEqualTo(65);

            node.relay.publishes().get(0).accept();

            assertThat(publisher.read().status()).isEqualTo(200);
            publisher.socket().send(TestGateway.publishRequest(WsClient.publishParams("p", "e", "2")));
            node.relay.await(2).get(1).accept();
            assertThat(publisher.read().status()).as("on the same connection").isEqualTo(200);
            for (RawSocket stranger : strangers) {
                stranger.close();
            }
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.metric("broadcaster_http_connections"))
                            .isEqualTo(1));
        }
        start();
    }

    // ---- handshakes

    private int handshake(String... headers) {
        RawSocket socket = gateway.socket();
        StringBuilder more = new StringBuilder();
        for (String header : headers) {
            more.append(header).append("\r\n");
        }
        socket.send(Handshake.request(more.toString()));
        return Integer.parseInt(socket.readUntil("\r\n").substring(9, 12));
    }

    @Test
    void handshakesOfOneAddress_areAnsweredWith429_whenTheyAreTooMany_andOthersAreNot() {
        start("MAX_HANDSHAKE_RATE", "1", "TRUSTED_PROXIES", "127.0.0.0/8");
        for (int i = 0; i < 10; i++) {
            assertThat(handshake("X-Forwarded-For: 203.0.113.7"))
                    .as("handshake %d", i)
                    .isEqualTo(101);
        }
        assertThat(handshake("X-Forwarded-For: 203.0.113.7")).isEqualTo(429);
        assertThat(handshake("X-Forwarded-For: 198.51.100.1, 203.0.113.7"))
                .as("a client's own claim")
                .isEqualTo(429);
        assertThat(refusals("handshake_rate")).isEqualTo(2);
        // Addresses share cells by a random hash: one of 32,768 other addresses is refused with the first.
        assertThat(IntStream.range(8, 12).map(last -> handshake("X-Forwarded-For: 203.0.113." + last)))
                .as("other addresses")
                .contains(101);

        gateway.time().advance(Duration.ofSeconds(2));
        assertThat(handshake("X-Forwarded-For: 203.0.113.7")).isEqualTo(101);
    }

    @Test
    void handshakesFromAPrivateAddress_areNotLimited_whenNoProxyIsTrusted() {
        start("MAX_HANDSHAKE_RATE", "1");
        for (int i = 0; i < 30; i++) {
            assertThat(handshake("X-Forwarded-For: 203.0.113.7")).isEqualTo(101);
        }
    }

    @Test
    void tlsConnectionsOfOneAddress_areClosedAtOnce_whenTheyAreTooMany(@TempDir Path directory) throws Exception {
        SelfSigned made = SelfSigned.make(directory);
        String certificate = made.certificate().toString();
        String key = made.key().toString();
        int count = 40; // one per second is allowed, and ten at once
        try (HeldNode node = new HeldNode(
                "MAX_HANDSHAKE_RATE", "1", "TRUSTED_PROXIES", "10.0.0.0/8", "TLS_CERT", certificate, "TLS_KEY", key)) {
            List<RawSocket> sockets = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sockets.add(RawSocket.connect(node.port()));
            }
            String refused = REFUSALS.formatted("handshake_rate");
            Awaitility.await()
                    .untilAsserted(() -> assertThat(node.metric(refused)).isPositive());
            assertThat(node.metric(refused)).isLessThanOrEqualTo(count - 10);
            assertThat(sockets.get(count - 1).read()).isEqualTo(-1);
            for (RawSocket socket : sockets) {
                socket.close();
            }
        }
        start();
    }
}
