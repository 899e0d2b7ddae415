package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The input that clients can make a node hold: little before auth, a share of the heap in total, 0 at the end. */
@Tag("black-box")
final class InputBudgetTest {
    private static final String USED = "broadcaster_budget_used_bytes{account=\"input\"}";
    private static final String LIMIT = "broadcaster_budget_limit_bytes{account=\"input\"}";
    private static final String REFUSALS = "broadcaster_budget_refusals_total{account=\"input\"}";
    private static final String CUT_HEADS = "broadcaster_refusals_total{reason=\"unfinished_heads\"}";
    private static final byte[] LARGE = "x".repeat(20_000).getBytes(StandardCharsets.US_ASCII);

    private final List<AutoCloseable> clients = new ArrayList<>();
    private HeldNode node;

    @BeforeEach
    void start() {
        node = new HeldNode("MEMORY_BUDGET", "1", "COMPRESSION", "true", "MAX_REQUEST_RATE", "0");
    }

    @AfterEach
    void stop() throws Exception {
        leave();
        awaitNothingHeld();
        node.close();
    }

    private void leave() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        clients.clear();
    }

    private void awaitNothingHeld() {
        Awaitility.await("the account of input at 0")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> {
                    // A publish of a client that has left is still handled, and until then its end is not noticed.
                    node.relay.take().forEach(HeldRelay.Held::accept);
                    assertThat(node.metric(USED)).isZero();
                });
    }

    private void awaitUsed(double atLeast) {
        Awaitility.await("bytes of input")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(node.metric(USED)).isGreaterThanOrEqualTo(atLeast));
    }

    private WsClient connect() {
        WsClient client = WsClient.open(node.port());
        clients.add(client);
        return client;
    }

    private RawSocket socket() {
        RawSocket socket = RawSocket.connect(node.port());
        clients.add(socket);
        return socket;
    }

    private static byte[] begin(byte[] message, int length) {
        return Arrays.copyOf(Frame.text(message).bytes(), length);
    }

    // ---- before authentication

    @Test
    void authWithATokenOf16KiB_isUnderstood_beforeAuth() {
        WsClient client = connect();
        String wrong = "x".repeat(16_384);
        String auth = WsClient.request(
                1,
                "auth",
                "{\"token\":\"" + wrong + "\",\"hello\":{\"client\":\"" + "c".repeat(64)
                        + "\",\"want\":[\"keepalive\"]}}");

        client.socket().sendChopped(Frame.text(auth).bytes(), 1_000);

        assertThat(client.response().get("error").get("code").text()).isEqualTo("Unauthenticated");
        String largest =
                Tokens.claims().with("padding", Json.quote("p".repeat(11_900))).token();
        assertThat(largest).hasSizeBetween(16_000, 16_384);
        client.auth(largest);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void messageOver20KiB_closesWith1009_beforeAuth_whenAnEighthOfTheAccountIsTaken(boolean deflated) {
        byte[] heartbeat = WsClient.request(1, "heartbeat", "{\"x\":\"" + "y".repeat(60_000) + "\"}")
                .getBytes(StandardCharsets.US_ASCII);
        Frame frame = deflated ? Frame.text(Deflated.deflate(heartbeat)).rsv(4) : Frame.text(heartbeat);

        WsClient first = upgraded(deflated);
        first.send(frame);
        assertThat(first.response().get("requestId").number()).isEqualTo(1);

        while (node.metric(USED) < node.metric(LIMIT) / 8) {
            connect().socket().send(begin(LARGE, 15_000));
            awaitUsed(1);
        }
        WsClient late = upgraded(deflated);
        late.send(frame);
        late.expectClose(1009);
    }

    private WsClient upgraded(boolean deflated) {
        RawSocket socket = socket();
        return deflated ? WsClient.upgradeDeflating(socket) : WsClient.upgrade(socket);
    }

    @Test
    void messageOf60Kilobytes_isTaken_afterAuth() {
        WsClient client = connect().auth(Tokens.valid());
        String heartbeat = WsClient.request(7, "heartbeat", "{\"x\":\"" + "y".repeat(60_000) + "\"}");

        client.socket().sendChopped(Frame.text(heartbeat).bytes(), 10_000);

        assertThat(client.response().get("requestId").number()).isEqualTo(7);
    }

    // ---- in total

    @Test
    void strangersThatSendHalfAMessage_areClosedWith1013_andAuthenticatedClientsAreNot() throws Exception {
        WsClient known = connect().auth(Tokens.valid());
        double limit = node.metric(LIMIT);
        int strangers = (int) (2 * limit / LARGE.length);
        List<WsClient> cut = new ArrayList<>();
        for (int i = 0; i < strangers; i++) {
            WsClient stranger = connect();
            stranger.socket().trySend(begin(LARGE, 19_000));
            cut.add(stranger);
        }
        awaitUsed(limit / 4);
        Awaitility.await().untilAsserted(() -> assertThat(node.metric(REFUSALS)).isGreaterThan(0));

        assertThat(node.metric(USED)).isLessThanOrEqualTo(limit / 2 + strangers * 2048.0);
        cut.get(strangers - 1).awaitClose();
        assertThat(cut.get(strangers - 1).closeCode()).isEqualTo(1013);

        String heartbeat =
                WsClient.request(7, "heartbeat", "{\"x\":\"" + "y".repeat((int) Math.min(60_000, limit / 40)) + "\"}");
        byte[] bytes = Frame.text(heartbeat).bytes();
        known.socket().sendChopped(Arrays.copyOf(bytes, bytes.length - 1), 4_000);
        known.socket().send(Arrays.copyOfRange(bytes, bytes.length - 1, bytes.length));
        assertThat(known.response().get("requestId").number()).isEqualTo(7);
    }

    @Test
    void unfinishedHeads_areCut_whenTheyFillTheirHalf_andAShortRequestIsAnswered() {
        double limit = node.metric(LIMIT);
        int count = (int) (limit / 25_000);
        for (int i = 0; i < count; i++) {
            socket().trySend(("GET / HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(30_000))
                    .getBytes(StandardCharsets.US_ASCII));
        }
        Awaitility.await()
                .untilAsserted(() -> assertThat(node.metric(CUT_HEADS)).isGreaterThan(0));

        assertThat(node.metric(USED)).isLessThanOrEqualTo(limit / 2 + count * 2048.0);
        try (HttpRaw http = new HttpRaw(node.port())) {
            assertThat(http.send(HttpRaw.request("GET", TestGateway.BASE + "/health", ""))
                            .status())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void connectionThatIsCutForItsNextRequest_isForgotten(boolean sendsBeforeItIsAccepted) throws Exception {
        fillTheHalfOfStrangers();
        CountDownLatch released = new CountDownLatch(sendsBeforeItIsAccepted ? 1 : 0);
        keepTheThreadBusy(released);
        long before = connectionsOnTheHeap();
        int count = 50;
        byte[] requests = ("GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nx: "
                        + "y".repeat(5_000))
                .getBytes(StandardCharsets.US_ASCII);

        for (int i = 0; i < count; i++) {
            socket().trySend(requests);
        }
        released.countDown();

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(node.metric(CUT_HEADS)).isGreaterThanOrEqualTo(count));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20)) // Undertow's timer would keep them for a minute
                .untilAsserted(() -> assertThat(connectionsOnTheHeap() - before).isLessThan(count / 2));
    }

    /** Returns when the node's thread waits for {@code released}. */
    private void keepTheThreadBusy(CountDownLatch released) throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        node.relay.answerAtOnce(true);
        node.relay.onPublish(() -> {
            busy.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        socket().send(TestGateway.publishRequest(WsClient.publishParams("c", "e", "1")));
        assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
    }

    /** The live objects, after a collection. */
    private static long connectionsOnTheHeap() throws Exception {
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {null},
                        new String[] {String[].class.getName()});
        return histogram
                .lines()
                .filter(line -> line.contains(" io.undertow.server.protocol.http.HttpServerConnection"))
                .filter(line -> !line.contains("$"))
                .mapToLong(line -> Long.parseLong(line.trim().split("\\s+")[1]))
                .sum();
    }

    private void fillTheHalfOfStrangers() {
        node.close();
        node = new HeldNode("MEMORY_BUDGET", "1", "AUTH_TIMEOUT", "600s");
        int strangers = (int) (node.metric(LIMIT) / 2 / 14_000) + 50;
        for (int i = 0; i < strangers && node.metric(REFUSALS) == 0; i++) {
            connect().socket().trySend(begin(LARGE, 14_000)); // no more than the buffer in which a handshake arrives
        }
        Awaitility.await().untilAsserted(() -> assertThat(node.metric(REFUSALS)).isPositive());
    }

    @Test
    void handshakeThatCameWithItsFirstRequest_isTaken_whenStrangersFillTheirHalf() {
        fillTheHalfOfStrangers();

        RawSocket early = socket();
        byte[] auth = Frame.text(WsClient.request(1, "auth", "{\"token\":\"" + Tokens.valid() + "\"}"))
                .bytes();
        byte[] handshake = Handshake.request();
        byte[] both = Arrays.copyOf(handshake, handshake.length + auth.length);
        System.arraycopy(auth, 0, both, handshake.length, auth.length);
        early.send(both);

        assertThat(early.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101 ");
        assertThat(node.metric(CUT_HEADS)).isZero();
        early.send(Frame.close(1000, "").bytes());
        assertThat(early.readUntil("\"success\":true")).contains("\"success\":true");
    }

    @Test
    void requestsThatWait_areCounted_andReadingStopsEarlier_whenTheAccountFills() {
        double limit = node.metric(LIMIT);
        List<WsClient> publishers = new ArrayList<>();
        int messages = 40;
        int count = 8 + (int) (limit / 300_000);
        for (int i = 0; i < count; i++) {
            WsClient publisher = connect().auth(Tokens.valid());
            publishers.add(publisher);
            for (int j = 0; j < messages; j++) {
                String payload = "[" + "1,".repeat(2_500) + "1]"; // the relay makes an id of this
                publisher.send(WsClient.request(j + 100, "publish", WsClient.publishParams("c" + i, "e", payload)));
            }
        }
        awaitUsed(limit / 2);
        assertThat(node.metric(USED)).isLessThanOrEqualTo(limit + count * 2048.0);
        assertThat(node.metric(REFUSALS)).as("closed").isZero();

        awaitNothingHeld();

        for (WsClient publisher : publishers) {
            for (int j = 0; j < messages; j++) {
                assertThat(publisher.response().get("requestId").number()).isEqualTo(j + 100);
            }
        }
    }

    @Test
    void clientWhoseRequestsFillItsSessionInALaterTurn_isReadOn() {
        node.close();
        node = new HeldNode("MAX_REQUEST_RATE", "0"); // with enough memory for a full session
        WsClient client = connect().auth(Tokens.valid());
        int turn = 100; // more requests than a turn has
        int full = 1_024; // the requests that fill a session
        int held = full + 200;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < turn; i++) {
            all.writeBytes(
                    Frame.text(WsClient.request(100 + i, "heartbeat", "{}")).bytes());
        }
        for (int i = 0; i < held; i++) {
            String params = WsClient.publishParams("c", "e", "1");
            all.writeBytes(Frame.text(WsClient.request(100 + turn + i, "publish", params))
                    .bytes());
        }
        client.socket().send(all.toByteArray());

        Awaitility.await("a full session")
                .atMost(Duration.ofSeconds(60))
                .until(() -> node.relay.publishes().size() >= full);
        AtomicInteger accepted = new AtomicInteger();
        Awaitility.await("all publishes").atMost(Duration.ofSeconds(60)).until(() -> {
            node.relay.take().forEach(publish -> {
                accepted.incrementAndGet();
                publish.accept();
            });
            return accepted.get() == held;
        });
        for (int i = 0; i < turn + held; i++) {
            assertThat(client.response().get("requestId").number()).isEqualTo(100 + i);
        }
    }

    // ---- 0 at the end

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void account_isAtExactly0_whenAllConnectionsHaveEnded(long seed) throws Exception {
        Random random = new Random(seed);
        String token = Tokens.valid();
        double most = 0;
        for (int i = 0; i < 400; i++) {
            int what = random.nextInt(10);
            if (what < 3) {
                unfinishedHead(random);
            } else if (what < 5) {
                pipelinedRequests(random);
            } else {
                unfinishedMessage(random, what < 8 ? token : null);
            }
            if (random.nextInt(5) == 0) {
                leaveOne(random);
            }
            if (random.nextInt(40) == 0) {
                node.relay.take().forEach(HeldRelay.Held::accept);
            }
            if (i % 50 == 0) {
                most = Math.max(most, node.metric(USED));
            }
        }
        assertThat(most).isPositive();
    }

    private void unfinishedHead(Random random) {
        RawSocket socket = socket();
        String head = "GET " + TestGateway.BASE + "/health HTTP/1.1\r\nHost: a\r\n"
                + "x: y\r\n".repeat(random.nextInt(100)) + "z: " + "z".repeat(random.nextInt(20_000));
        socket.trySend(head.substring(0, 1 + random.nextInt(head.length())).getBytes(StandardCharsets.US_ASCII));
        if (random.nextInt(3) == 0) {
            socket.trySend((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        }
    }

    private void pipelinedRequests(Random random) {
        RawSocket socket = socket();
        byte[] publish = TestGateway.publishRequest(WsClient.publishParams("p", "e", "1"));
        for (int i = random.nextInt(4); i >= 0; i--) {
            socket.trySend(publish);
        }
        socket.trySend(Arrays.copyOf(publish, random.nextInt(publish.length)));
    }

    private void unfinishedMessage(Random random, String token) {
        RawSocket socket = socket();
        WsClient client = random.nextBoolean() ? WsClient.upgrade(socket) : WsClient.upgradeDeflating(socket);
        if (token != null) {
            client.socket()
                    .trySend(Frame.text(WsClient.request(1, "auth", "{\"token\":\"" + token + "\"}"))
                            .bytes());
        }
        for (int i = random.nextInt(30); i > 0; i--) {
            String payload = "\"" + "p".repeat(random.nextInt(3_000)) + "\"";
            String params = WsClient.publishParams("c" + random.nextInt(3), "e", payload);
            byte[] text = WsClient.request(i + 1, random.nextInt(4) == 0 ? "heartbeat" : "publish", params)
                    .getBytes(StandardCharsets.US_ASCII);
            boolean deflates = client.inflates() && random.nextBoolean();
            Frame frame = deflates ? Frame.text(Deflated.deflate(text)).rsv(4) : Frame.text(text);
            byte[] bytes = frame.bytes();
            int split = random.nextInt(bytes.length);
            socket.trySend(Arrays.copyOf(bytes, split));
            socket.trySend(Arrays.copyOfRange(bytes, split, bytes.length));
        }
        int end = random.nextInt(5);
        if (end == 0) {
            socket.trySend(Frame.text("not JSON").bytes());
        } else if (end == 1) {
            socket.trySend(Frame.close(1000, "").bytes());
        }
        socket.trySend(begin(LARGE, 1 + random.nextInt(LARGE.length)));
    }

    private void leaveOne(Random random) throws Exception {
        AutoCloseable client = clients.remove(random.nextInt(clients.size()));
        if (client instanceof RawSocket socket && random.nextBoolean()) {
            socket.reset();
        } else {
            client.close();
        }
    }
}
