package dev.broadcaster.blackbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** permessage-deflate (RFC 7692) on the wire, with {@code COMPRESSION=true}. */
@Tag("black-box")
final class CompressionBlackBoxTest {
    private static final int LIMIT = 65_536;
    private static final int PENDING = 262_144;
    private static final String SAVED = "broadcaster_saved_bytes_total";
    private static final String HEARTBEAT = "{\"id\":1,\"method\":\"heartbeat\"}";

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared(
            "COMPRESSION",
            "true",
            "MAX_PENDING_BYTES",
            String.valueOf(PENDING),
            "MAX_REQUEST_RATE",
            "0",
            "HISTORY",
            "kept:=1000/10m",
            "PING_INTERVAL",
            "600m",
            "IDLE_TIMEOUT",
            "1200m");

    private static WsClient deflating() {
        return WsClient.upgradeDeflating(gateway.socket()).auth(Tokens.valid());
    }

    private static WsClient deflatingSubscriber(String... channels) {
        WsClient client = deflating();
        for (String channel : channels) {
            client.subscribe(channel);
        }
        return client;
    }

    private static Frame deflated(int opcode, byte[] plain) {
        return Frame.of(opcode, Deflated.deflate(plain)).rsv(4);
    }

    private static Frame deflated(String text) {
        return deflated(Frame.TEXT, text.getBytes(UTF_8));
    }

    /** JSON of about this length, similar to that of real services: repeated names, different values. */
    private static String json(int length, int seed) {
        Random random = new Random(seed);
        StringBuilder json = new StringBuilder("[");
        while (json.length() < length - 1) {
            json.append(json.length() > 1 ? "," : "")
                    .append("{\"id\":")
                    .append(random.nextInt(1_000_000))
                    .append(",\"price\":")
                    .append(random.nextInt(100_000) / 100.0)
                    .append(",\"name\":\"näme ")
                    .append(random.nextInt(100))
                    .append("\"}");
        }
        return json.append("]").toString();
    }

    // ---- the handshake

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate |",
                "permessage-deflate; client_max_window_bits=9 |",
                "permessage-deflate; server_max_window_bits=15 | ; server_max_window_bits=15",
                "permessage-deflate; server_max_window_bits=9, permessage-deflate |",
            })
    void offer_isAnswered(String offer, String more) {
        HttpRaw.Response response = gateway.http()
                .send(Handshake.request("Sec-WebSocket-Extensions: " + offer + "\r\n")
                        .getBytes(ISO_8859_1));

        assertThat(response.status()).isEqualTo(101);
        assertThat(response.header("Sec-WebSocket-Extensions"))
                .isEqualTo("permessage-deflate; server_no_context_takeover; client_no_context_takeover"
                        + (more == null ? "" : more));
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo", "permessage-deflate; server_max_window_bits=9", "permessage-deflate; foo"})
    void offerThatIsDeclined_makesAPlainConnection(String offer) {
        RawSocket socket = gateway.socket();
        socket.send(Handshake.request("Sec-WebSocket-Extensions: " + offer + "\r\n"));
        String response = socket.readUntil("\r\n\r\n");

        assertThat(response).startsWith("HTTP/1.1 101 ").doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "permessage-deflate;", "permessage-deflate; a=\"", "=", "permessage-deflate a"})
    void malformedOffer_is400(String offer) {
        HttpRaw.Response response = gateway.http()
                .send(Handshake.request("Sec-WebSocket-Extensions: " + offer + "\r\n")
                        .getBytes(ISO_8859_1));

        assertThat(response.status()).isEqualTo(400);
        assertThat(response.header("Sec-WebSocket-Version")).isEqualTo("13");
        assertThat(response.text()).contains("Sec-WebSocket-Extensions");
    }

    @Test
    void offersOfSeveralLines_areOneList() {
        HttpRaw.Response response = gateway.http()
                .send(Handshake.request(
                                "Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: permessage-deflate\r\n")
                        .getBytes(ISO_8859_1));

        assertThat(response.header("Sec-WebSocket-Extensions")).startsWith("permessage-deflate;");
    }

    // ---- messages to clients

    @Test
    void broadcast_isTheSameText_deflatedOrPlain_whateverSeq() {
        WsClient plain = gateway.subscriber("c");
        WsClient early = deflatingSubscriber("c");
        for (int i = 0; i < 12; i++) {
            gateway.publish("c", "before", "1");
        }
        WsClient late = deflatingSubscriber("c");
        for (int i = 0; i < 12; i++) {
            assertThat(plain.broadcast().get("event").text()).isEqualTo("before");
            early.broadcast();
        }
        assertThat(early.deflatedMessages()).as("short ones go plain").isZero();
        for (int n = 1; n <= 20; n++) {
            String payload = json(n * 300, n);
            gateway.publish("c", "e", payload);

            String text = plain.message();
            assertThat(early.message()).isEqualTo(text);
            assertThat(late.message()).isEqualTo(text.replace("\"seq\":" + (12 + n) + ",", "\"seq\":" + n + ","));
            assertThat(text).contains(payload);
        }
        assertThat(early.deflatedMessages()).isEqualTo(20);
        assertThat(late.deflatedMessages()).isEqualTo(20);
        assertThat(early.frameBytes()).isLessThan(plain.frameBytes() / 2);
    }

    @Test
    void broadcast_goesPlain_whenItIsShort_orDoesNotGetShorter() {
        WsClient client = deflatingSubscriber("c");
        gateway.publish("c", "e", "\"" + "x".repeat(50) + "\"");
        assertThat(client.message().length()).isLessThan(256);
        assertThat(client.deflatedMessages()).isZero();

        gateway.publish("c", "e", "\"" + "x".repeat(200) + "\"");
        client.broadcast();
        assertThat(client.deflatedMessages()).isEqualTo(1);
    }

    @Test
    void ownReplies_areServed_andMessagesOfManyChannels() {
        WsClient client = deflatingSubscriber("a", "b");
        String payload = json(2_000, 1);

        client.send(deflated(WsClient.request(77, "publish", WsClient.publishParams("a", "e", payload))));
        assertThat(client.response().get("requestId").number()).isEqualTo(77);
        gateway.publish("b", "e", payload);

        assertThat(client.broadcast().get("payload").raw()).isEqualTo(payload);
        assertThat(client.broadcast().get("channel").text()).isEqualTo("b");
    }

    @Test
    void savedBytes_areCounted() {
        double before = gateway.metrics().get(SAVED);
        WsClient plain = gateway.subscriber("c");
        WsClient client = deflatingSubscriber("c");
        long plainBefore = plain.frameBytes();
        long before2 = client.frameBytes();

        gateway.publish("c", "e", json(5_000, 2));
        plain.broadcast();
        client.broadcast();

        long saved = (plain.frameBytes() - plainBefore) - (client.frameBytes() - before2);
        assertThat(gateway.metrics().get(SAVED) - before).isEqualTo(saved);
    }

    @Test
    void recoveredMessages_areDeflated_too() {
        WsClient there = gateway.subscriber("kept:r");
        String first = "";
        for (int n = 0; n < 300; n++) {
            gateway.publish("kept:r", "e", json(4_000, n));
            String id = there.broadcast().get("id").text();
            first = n == 0 ? id : first;
        }
        for (int round = 0; round < 2; round++) {
            WsClient back = deflating();
            assertThat(back.ok("subscribe", "{\"channel\":\"kept:r\",\"lastSeenMessageId\":" + Json.quote(first) + "}")
                            .get("historyRecovered")
                            .kind())
                    .isEqualTo(Json.Kind.TRUE);
            for (int n = 1; n < 300; n++) {
                Json broadcast = back.broadcast();
                assertThat(broadcast.get("seq").number()).isEqualTo(n);
                assertThat(broadcast.get("payload").raw()).isEqualTo(json(4_000, n));
            }
            assertThat(back.deflatedMessages())
                    .as("as much as a drain deflates, then plain")
                    .isBetween(100L, 299L);
            gateway.publish("kept:r", "e", json(1_000, 7));
            assertThat(back.broadcast().get("seq").number()).isEqualTo(300);
            there.broadcast();
            back.close();
            first = lastId(there);
            for (int n = 1; n < 300; n++) {
                gateway.publish("kept:r", "e", json(4_000, n));
                there.broadcast();
            }
        }
    }

    private static String lastId(WsClient there) {
        gateway.publish("kept:r", "e", json(4_000, 0));
        return there.broadcast().get("id").text();
    }

    /**
     * The socket takes messages in parts, and the waiting bytes include the rest of a message whose start has been
     * written.
     */
    @Test
    void clientThatReadsLate_getsEverythingInOrder() throws Exception {
        WsClient late = WsClient.upgradeDeflating(gateway.owned(RawSocket.connect(gateway.port(), 4_096)))
                .auth(Tokens.valid());
        late.subscribe("late");
        WsClient quick = deflatingSubscriber("late");
        int messages = 40;
        for (int n = 1; n <= messages; n++) {
            gateway.publish("late", "e", json(20_000, n));
            assertThat(quick.broadcast().get("payload").raw()).isEqualTo(json(20_000, n));
        }
        assertThat(gateway.metrics().get(Meters.QUEUE_BYTES)).isPositive();

        for (int n = 1; n <= messages; n++) {
            Json broadcast = late.broadcast();
            assertThat(broadcast.get("seq").number()).isEqualTo(n);
            assertThat(broadcast.get("payload").raw()).isEqualTo(json(20_000, n));
        }
        assertThat(late.deflatedMessages()).isEqualTo(messages);
    }

    /** Waiting messages count in their deflated size: promise P7. */
    @Test
    void slowConsumer_isClosed4409_byItsDeflatedBytes_andOthersLoseNothing() {
        WsClient slow = WsClient.upgradeDeflating(gateway.owned(RawSocket.connect(gateway.port(), 4_096)))
                .auth(Tokens.valid());
        slow.subscribe("firehose");
        WsClient quick = deflatingSubscriber("firehose");
        WsClient plain = gateway.subscriber("firehose");
        int messages = 300;
        double most = 0;
        for (int n = 1; n <= messages; n++) {
            gateway.publish("firehose", "e", json(30_000, n));
            assertThat(quick.broadcast().get("seq").number()).isEqualTo(n);
            assertThat(plain.broadcast().get("seq").number()).isEqualTo(n);
            if (n % 10 == 0) {
                most = Math.max(most, gateway.metrics().get(Meters.QUEUE_BYTES));
            }
        }

        assertThat(most).as("bytes queued").isBetween(1.0, PENDING + 30_000.0);
        long seq = 0;
        Frame frame = slow.read();
        while (frame.opcode() == Frame.TEXT) {
            assertThat(frame.rsv()).isEqualTo(4);
            Json broadcast = Json.parse(new String(Deflated.inflate(frame.payload()), UTF_8));
            assertThat(broadcast.get("params").get("seq").number()).isEqualTo(++seq);
            frame = slow.read();
        }
        assertThat(slow.closeCode()).isEqualTo(4409);
        assertThat(seq).isBetween(PENDING / 30_000L, messages - 1L);
        slow.answerClose();
    }

    // ---- messages of clients

    @Test
    void deflatedRequest_isServed_inOneFrame_inFragments_andByteByByte() {
        WsClient client = deflating();
        String request = WsClient.request(9, "publish", WsClient.publishParams("c", "e", json(3_000, 3)));
        byte[] bytes = Deflated.deflate(request.getBytes(UTF_8));

        client.send(Frame.of(Frame.TEXT, bytes).rsv(4));
        assertThat(client.response().get("requestId").number()).isEqualTo(9);
        client.send(Frame.of(Frame.BINARY, bytes).rsv(4));
        assertThat(client.response().get("requestId").number()).isEqualTo(9);
        Frame[] fragments = Frame.fragments(Frame.TEXT, bytes, 100);
        fragments[0] = fragments[0].rsv(4);
        for (Frame fragment : Arrays.copyOf(fragments, fragments.length - 1)) {
            client.send(fragment, Frame.ping("between"));
            client.expectPong("between");
        }
        client.send(fragments[fragments.length - 1]);
        assertThat(client.response().get("requestId").number()).isEqualTo(9);
        client.socket().sendChopped(Frame.of(Frame.TEXT, bytes).rsv(4).bytes(), 1);
        assertThat(client.response().get("requestId").number()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"permessage-deflate with a final block", "stored", "two blocks"})
    void deflateData_mayBeOfAnyKind(String kind) {
        byte[] plain = HEARTBEAT.getBytes(UTF_8);
        byte[] bytes = switch (kind) {
            case "stored" -> Deflated.deflate(plain, 0);
            case "two blocks" ->
                joined(
                        Deflated.deflate(Arrays.copyOf(plain, 10)),
                        HexFormat.of().parseHex("0000ffff"),
                        Deflated.deflate(Arrays.copyOfRange(plain, 10, plain.length)));
            default -> joined(finished(plain), new byte[1]);
        };
        WsClient client = deflating();

        client.send(Frame.of(Frame.TEXT, bytes).rsv(4));

        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    private static byte[] finished(byte[] plain) {
        java.util.zip.Deflater deflater = new java.util.zip.Deflater(6, true);
        deflater.setInput(plain);
        deflater.finish();
        byte[] out = new byte[plain.length + 100];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    @Test
    void message_isServed_atTheLimit_alsoWhenItGrowsByDeflating() {
        WsClient client = deflating();
        byte[] padded = FramesBlackBoxTest.padded(LIMIT).getBytes(UTF_8);
        byte[] stored = Deflated.deflate(padded, 0);
        assertThat(stored.length).isGreaterThan(LIMIT);

        client.send(deflated(Frame.TEXT, padded));
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
        client.send(Frame.of(Frame.TEXT, stored).rsv(4));
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    static Stream<Arguments> badMessages() {
        byte[] notUtf8 = {'"', (byte) 0xc3, '(', '"'};
        byte[] bomb = Deflated.deflate(new byte[15_000_000], 9);
        Frame[] bombInFragments = Frame.fragments(Frame.TEXT, bomb, 1_000);
        bombInFragments[0] = bombInFragments[0].rsv(4);
        return Stream.of(
                arguments("RSV1 on a ping", 1002, Frame.ping("a").rsv(4).bytes()),
                arguments("RSV1 on a close", 1002, Frame.close(1000, "").rsv(4).bytes()),
                arguments(
                        "RSV1 on a continuation",
                        1002,
                        Frame.bytes(
                                deflated(HEARTBEAT).fin(false),
                                Frame.continuation("").rsv(4))),
                arguments("RSV1 and RSV2", 1002, deflated(HEARTBEAT).rsv(6).bytes()),
                arguments("RSV2", 1002, Frame.text(HEARTBEAT).rsv(2).bytes()),
                arguments("RSV3", 1002, Frame.text(HEARTBEAT).rsv(1).bytes()),
                arguments("not deflate data", 1007, Frame.text(HEARTBEAT).rsv(4).bytes()),
                arguments("no byte at all", 1007, Frame.text("").rsv(4).bytes()),
                arguments(
                        "cut",
                        1007,
                        Frame.text(Arrays.copyOf(Deflated.deflate(HEARTBEAT.getBytes(UTF_8)), 20))
                                .rsv(4)
                                .bytes()),
                arguments(
                        "text that is not UTF-8",
                        1007,
                        deflated(Frame.TEXT, notUtf8).bytes()),
                arguments(
                        "binary that is not UTF-8",
                        4400,
                        deflated(Frame.BINARY, notUtf8).bytes()),
                arguments("not JSON", 4400, deflated("{").bytes()),
                arguments("empty", 4400, deflated("").bytes()),
                arguments(
                        "one byte over the limit",
                        1009,
                        deflated(FramesBlackBoxTest.padded(LIMIT + 1)).bytes()),
                arguments("a bomb", 1009, Frame.text(bomb).rsv(4).bytes()),
                arguments("a bomb in fragments", 1009, Frame.bytes(bombInFragments)),
                arguments(
                        "too many deflated bytes",
                        1009,
                        Frame.text(new byte[80_000]).rsv(4).bytes()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badMessages")
    void invalidMessage_closesTheConnection(String name, int code, byte[] bytes) {
        WsClient client = deflating();

        client.socket().trySend(bytes);

        client.expectClose(code);
    }

    @Test
    void deflatedMessage_closes1002_whenNothingWasNegotiated() {
        WsClient client = gateway.member();

        client.send(deflated(HEARTBEAT));

        client.expectClose(1002);
    }

    /**
     * A thousand bombs of 16 kB cost no more than their allowed inflated size: they end their connections one by one.
     */
    @Test
    void bombs_leaveOthersAlone() {
        byte[] bomb =
                Frame.text(Deflated.deflate(new byte[15_000_000], 9)).rsv(4).bytes();
        WsClient other = deflatingSubscriber("calm");
        for (int i = 0; i < 200; i++) {
            try (WsClient client = WsClient.upgradeDeflating(RawSocket.connect(gateway.port()))) {
                client.socket().trySend(bomb);
                client.expectClose(1009);
            }
        }
        gateway.publish("calm", "e", json(1_000, 4));
        assertThat(other.broadcast().get("seq").number()).isEqualTo(1);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
