package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Frame.LengthForm;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalid and unusual frames: protocol section 7, RFC 6455 sections 5 to 7. */
@Tag("black-box")
final class FramesBlackBoxTest {

    private static final int MAX_MESSAGE_BYTES = 65_536;
    private static final String HEARTBEAT = "{\"id\":1,\"method\":\"heartbeat\"}";

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    // ---- against RFC 6455: 1002

    static Stream<Arguments> protocolErrors() {
        List<Arguments> rows = new ArrayList<>(List.of(
                arguments("unmasked text", Frame.text(HEARTBEAT).unmasked().bytes()),
                arguments("unmasked empty text", Frame.text("").unmasked().bytes()),
                arguments("unmasked ping", Frame.ping("a").unmasked().bytes()),
                arguments("unmasked close", Frame.close(1000, "").unmasked().bytes()),
                arguments("RSV1", Frame.text(HEARTBEAT).rsv(4).bytes()),
                arguments("RSV2", Frame.text(HEARTBEAT).rsv(2).bytes()),
                arguments("RSV3", Frame.text(HEARTBEAT).rsv(1).bytes()),
                arguments("RSV on a ping", Frame.ping("a").rsv(4).bytes()),
                arguments("RSV on a close", Frame.close(1000, "").rsv(1).bytes()),
                arguments(
                        "RSV on a continuation",
                        Frame.bytes(
                                Frame.text("{").fin(false),
                                Frame.continuation("}").rsv(2))),
                arguments("fragmented ping", Frame.ping("a").fin(false).bytes()),
                arguments("fragmented pong", Frame.pong("a").fin(false).bytes()),
                arguments("fragmented close", Frame.close(1000, "").fin(false).bytes()),
                arguments("ping of 126 bytes", Frame.ping("p".repeat(126)).bytes()),
                arguments("pong of 126 bytes", Frame.pong("p".repeat(126)).bytes()),
                arguments("ping of 64 kB", Frame.ping("p".repeat(65_536)).bytes()),
                arguments("close of 126 bytes", Frame.close(new byte[126]).bytes()),
                arguments(
                        "ping that declares 2^63-1",
                        Frame.ping("").declaring(Long.MAX_VALUE).bytes()),
                arguments(
                        "continuation without a start",
                        Frame.continuation(HEARTBEAT).bytes()),
                arguments(
                        "continuation without a start or an end",
                        Frame.continuation("{").fin(false).bytes()),
                arguments(
                        "continuation after the end",
                        Frame.bytes(
                                Frame.text("{\"method\":\"heartbeat\",").fin(false),
                                Frame.continuation("\"id\":0}"),
                                Frame.continuation(""))),
                arguments("text inside a text", Frame.bytes(Frame.text("{").fin(false), Frame.text(HEARTBEAT))),
                arguments("binary inside a text", Frame.bytes(Frame.text("{").fin(false), Frame.binary(new byte[0]))),
                arguments(
                        "text inside a binary",
                        Frame.bytes(Frame.binary(new byte[] {'{'}).fin(false), Frame.text("}"))),
                arguments("length -1", Frame.text("").declaring(-1).bytes()),
                arguments(
                        "length -2^63", Frame.text("").declaring(Long.MIN_VALUE).bytes()),
                arguments(
                        "length 5 in 16 bits",
                        Frame.ping("12345").form(LengthForm.SIXTEEN_BITS).bytes()),
                arguments(
                        "text of 30 bytes in 16 bits",
                        Frame.text(HEARTBEAT).form(LengthForm.SIXTEEN_BITS).bytes()),
                arguments(
                        "text of 30 bytes in 64 bits",
                        Frame.text(HEARTBEAT).form(LengthForm.SIXTY_FOUR_BITS).bytes()),
                arguments(
                        "text of 300 bytes in 64 bits",
                        Frame.text(padded(300)).form(LengthForm.SIXTY_FOUR_BITS).bytes()),
                arguments(
                        "text of 0 bytes in 16 bits",
                        Frame.text("").form(LengthForm.SIXTEEN_BITS).bytes()),
                arguments("close of 1 byte", Frame.close(new byte[] {3}).bytes()),
                arguments(
                        "HTTP after the upgrade",
                        "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
                arguments("TLS after the upgrade", new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3}),
                arguments("zeros", new byte[100]),
                arguments("0xff bytes", filled(100, 0xff))));
        for (int opcode : new int[] {3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf}) {
            rows.add(arguments("opcode " + opcode, Frame.of(opcode, new byte[0]).bytes()));
            rows.add(arguments(
                    "opcode " + opcode + " with a payload",
                    Frame.of(opcode, HEARTBEAT.getBytes(StandardCharsets.US_ASCII))
                            .bytes()));
            rows.add(arguments(
                    "opcode " + opcode + " inside a text",
                    Frame.bytes(Frame.text("{").fin(false), Frame.of(opcode, new byte[0]))));
        }
        for (int code : new int[] {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535}) {
            rows.add(arguments("close code " + code, Frame.close(code, "").bytes()));
            rows.add(arguments(
                    "close code " + code + " with a reason",
                    Frame.close(code, "why not").bytes()));
        }
        return rows.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("protocolErrors")
    void frame_closesWith1002_whenAgainstTheRfc(String name, byte[] bytes) {
        WsClient client = gateway.subscriber("row");

        client.socket().send(bytes);

        client.expectClose(1002);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("protocolErrors")
    void frame_closesWith1002_whenItsBytesComeOneByOne(String name, byte[] bytes) {
        WsClient client = gateway.connect();

        for (int i = 0; i < Math.min(bytes.length, 200); i++) {
            client.socket().trySend(new byte[] {bytes[i]});
        }

        client.expectClose(1002);
    }

    @Test
    void framesBeforeABadOne_areServed() {
        WsClient client = gateway.connect();

        client.send(
                Frame.text(HEARTBEAT),
                Frame.ping("first"),
                Frame.of(3, new byte[0]),
                Frame.text(HEARTBEAT),
                Frame.ping("second"));

        assertThat(client.response().get("requestId").number()).isEqualTo(1);
        client.expectPong("first");
        assertThat(client.read().opcode()).isEqualTo(Frame.CLOSE);
        assertThat(client.closeCode()).isEqualTo(1002);
        client.answerClose();
    }

    // ---- UTF-8: 1007

    static Stream<Arguments> brokenTexts() {
        return Stream.of(
                arguments("lone continuation", "80"),
                arguments("overlong slash", "c0af"),
                arguments("overlong NUL", "c080"),
                arguments("overlong in three bytes", "e080af"),
                arguments("surrogate", "eda080"),
                arguments("pair of surrogates", "eda080edb080"),
                arguments("beyond U+10FFFF", "f4908080"),
                arguments("five bytes", "f888808080"),
                arguments("0xff", "ff"),
                arguments("cut at the end of the message", "c3"),
                arguments("cut four-byte character", "f09f98"),
                arguments("cut inside the message", "c322"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenTexts")
    void text_closesWith1007_whenNotUtf8(String name, String hex) {
        byte[] broken = java.util.HexFormat.of().parseHex(hex);
        byte[] message = joined("{\"id\":1,\"method\":\"".getBytes(StandardCharsets.US_ASCII), broken);

        WsClient inOne = gateway.connect();
        inOne.send(Frame.text(message));
        inOne.expectClose(1007);

        WsClient fragmented = gateway.connect();
        fragmented.send(Frame.fragments(Frame.TEXT, message, 1));
        fragmented.expectClose(1007);

        WsClient byteByByte = gateway.connect();
        byteByByte.socket().sendChopped(Frame.text(message).bytes(), 1);
        byteByByte.expectClose(1007);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenTexts")
    void closeReason_closesWith1007_whenNotUtf8(String name, String hex) {
        WsClient client = gateway.connect();

        client.send(Frame.close(Frame.closeBody(
                1000,
                joined(
                        "bye ".getBytes(StandardCharsets.US_ASCII),
                        java.util.HexFormat.of().parseHex(hex)))));

        client.expectClose(1007);
    }

    @Test
    void text_isServed_whenACharacterIsCutByFragmentsAndSegments() {
        WsClient client = gateway.subscriber("utf8");
        String payload = "\"é\u20ac\ud83d\ude00\"";
        byte[] message = WsClient.request(1, "publish", WsClient.publishParams("utf8", "e", payload))
                .getBytes(StandardCharsets.UTF_8);

        client.socket().sendChopped(Frame.bytes(Frame.fragments(Frame.TEXT, message, 1)), 3);

        client.response().get("result");
        assertThat(client.broadcast().get("payload").raw()).isEqualTo(payload);
    }

    // ---- size: 1009

    @Test
    void message_isServed_atTheLimit() {
        WsClient client = gateway.connect();

        client.send(padded(MAX_MESSAGE_BYTES));
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
        client.send(Frame.fragments(Frame.BINARY, padded(MAX_MESSAGE_BYTES).getBytes(StandardCharsets.US_ASCII), 1000));
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    static Stream<Arguments> tooLarge() {
        byte[] oneTooMany = padded(MAX_MESSAGE_BYTES + 1).getBytes(StandardCharsets.US_ASCII);
        return Stream.of(
                arguments("in one frame", Frame.text(oneTooMany).bytes()),
                arguments("in one binary frame", Frame.binary(oneTooMany).bytes()),
                arguments(
                        "declared, never sent",
                        Frame.text("").declaring(MAX_MESSAGE_BYTES + 1).bytes()),
                arguments("2^31 declared", Frame.text("{").declaring(1L << 31).bytes()),
                arguments("2^32 declared", Frame.text("{").declaring(1L << 32).bytes()),
                arguments(
                        "2^32 + 30 declared",
                        Frame.text(HEARTBEAT).declaring((1L << 32) + 30).bytes()),
                arguments(
                        "2^63 - 1 declared",
                        Frame.text("{").declaring(Long.MAX_VALUE).bytes()),
                arguments("in two fragments", Frame.bytes(Frame.fragments(Frame.TEXT, oneTooMany, MAX_MESSAGE_BYTES))),
                arguments("in many fragments", Frame.bytes(Frame.fragments(Frame.TEXT, oneTooMany, 100))),
                arguments(
                        "2^63 - 1 declared by a continuation",
                        Frame.bytes(
                                Frame.text("{").fin(false),
                                Frame.continuation("").declaring(Long.MAX_VALUE))),
                arguments(
                        "binary that overflows an int with a fragment before",
                        Frame.bytes(
                                Frame.binary(new byte[1000]).fin(false),
                                Frame.continuation("").declaring(Integer.MAX_VALUE))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tooLarge")
    void message_closesWith1009_whenOverTheLimit(String name, byte[] bytes) {
        WsClient client = gateway.connect();

        client.socket().trySend(bytes);

        client.expectClose(1009);
    }

    @Test
    void message_closesWith1009_whenItsFragmentsNeverEnd() {
        WsClient client = gateway.connect();
        client.send(Frame.text("{").fin(false));
        byte[] more = Frame.continuation(" ".repeat(4000)).fin(false).bytes();

        for (int i = 0; i < 1000 && client.socket().trySend(more); i++) {}

        client.expectClose(1009);
    }

    @Test
    void message_closesWith1009_whenItIsDripped() {
        WsClient client = gateway.connect();
        byte[] bytes = Frame.text(" ".repeat(200_000)).bytes();

        for (int at = 0;
                at < bytes.length
                        && client.socket().trySend(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 500)));
                at += 500) {}

        client.expectClose(1009);
    }

    /** Legal frames without a payload: the node may count them against a rate or accept them. */
    @Test
    void emptyContinuations_affectNoOtherClient_whenThereAreAHundredThousand() {
        WsClient client = gateway.connect();
        client.send(Frame.text("{\"id\":1,").fin(false));
        byte[] thousand = Frame.bytes(java.util.stream.IntStream.range(0, 1000)
                .mapToObj(i -> Frame.continuation("").fin(false))
                .toArray(Frame[]::new));

        boolean taken = true;
        for (int i = 0; i < 100 && taken; i++) {
            taken = client.socket().trySend(thousand);
        }

        client.socket().trySend(Frame.continuation("\"method\":\"heartbeat\"}").bytes());
        Frame answer = client.read();
        if (answer.opcode() == Frame.TEXT) {
            assertThat(Json.parse(new String(answer.payload(), StandardCharsets.UTF_8))
                            .get("requestId")
                            .number())
                    .isEqualTo(1);
        } else {
            assertThat(client.closeCode()).isIn(1002, 1009, 4429);
        }
    }

    // ---- control frames

    /** RFC 6455 section 5.5.3 allows the node to answer only the last of several pings. */
    @Test
    void pings_areAnsweredUpToTheLast_whenTwoThousandComeAtOnce() {
        WsClient client = gateway.connect();

        client.send(java.util.stream.IntStream.range(0, 2000)
                .mapToObj(i -> Frame.ping("ping " + i))
                .toArray(Frame[]::new));

        int last = -1;
        while (last < 1999) {
            Frame frame = client.read();
            assertThat(frame.opcode()).isEqualTo(Frame.PONG);
            int number = Integer.parseInt(new String(frame.payload(), StandardCharsets.US_ASCII).substring(5));
            assertThat(number).isGreaterThan(last);
            last = number;
        }
    }

    @Test
    void pongs_areIgnored_whenUnsolicited() {
        WsClient client = gateway.connect();

        client.send(Frame.pong(""), Frame.pong("never asked"), Frame.pong("p".repeat(125)));

        client.expectQuiet();
    }

    @Test
    void ping_isAnsweredInsideAFragmentedMessage() {
        WsClient client = gateway.connect();

        client.send(
                Frame.text("{\"id\":1,").fin(false),
                Frame.ping("inside"),
                Frame.continuation("\"method\":\"heartbeat\"}"));

        client.expectPong("inside");
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    @Test
    void text_isServed_whenItsMaskIsZero() {
        WsClient client = gateway.connect();
        byte[] bytes = Frame.text(HEARTBEAT).unmasked().bytes();
        byte[] masked = new byte[bytes.length + 4];
        masked[0] = bytes[0];
        masked[1] = (byte) (bytes[1] | 0x80);
        System.arraycopy(bytes, 2, masked, 6, bytes.length - 2);

        client.socket().send(masked);

        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    // ---- closing

    @ParameterizedTest
    @ValueSource(
            ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4409, 4999
            })
    void close_isAnswered_whenItsCodeIsLegal(int code) {
        WsClient client = gateway.subscriber("leaving");

        client.send(Frame.close(code, "bye"));
        client.awaitClose();

        assertThat(client.closeCode()).isIn(code, 1000);
        client.socket().expectClosed();
    }

    /** The reason of 1000 in the table of PROTOCOL section 7. */
    @Test
    void close_isAnsweredAsNormal_whenItIs() {
        for (Frame close : List.of(Frame.close(1000, "bye"), Frame.of(Frame.CLOSE, new byte[0]))) {
            WsClient client = gateway.member();

            client.send(close);

            client.awaitClose();
            assertThat(client.closeCode()).isEqualTo(1000);
            assertThat(client.closeReason()).isEqualTo("normal");
        }
    }

    @Test
    void close_isAnsweredWith1000_whenEmpty() {
        WsClient client = gateway.connect();

        client.send(Frame.close(new byte[0]));
        client.awaitClose();

        assertThat(client.closeCode()).isEqualTo(1000);
        client.socket().expectClosed();
    }

    @Test
    void close_isAnswered_whenItsReasonIsTheLongest() {
        WsClient client = gateway.connect();

        client.send(Frame.close(1000, "é".repeat(61) + "e"));
        client.awaitClose();

        assertThat(client.closeCode()).isEqualTo(1000);
        client.socket().expectClosed();
    }

    @Test
    void framesAfterAClose_areNotServed() {
        WsClient observer = gateway.subscriber("after-close");
        WsClient client = gateway.member();

        client.send(
                Frame.close(1000, ""),
                Frame.text(WsClient.request(1, "publish", WsClient.publishParams("after-close", "e", "1"))),
                Frame.ping("after"),
                Frame.of(3, new byte[0]));
        client.awaitClose();

        assertThat(client.closeCode()).isEqualTo(1000);
        client.socket().expectClosed();
        observer.expectQuiet();
    }

    @Test
    void bytesAfterTheNodesClose_areIgnored() {
        WsClient observer = gateway.subscriber("after-close");
        WsClient client = gateway.member();

        client.send(
                Frame.of(3, new byte[0]),
                Frame.text(WsClient.request(1, "publish", WsClient.publishParams("after-close", "e", "1"))));

        client.expectClose(1002);
        observer.expectQuiet();
    }

    @Test
    void client_isDroppedAfterFiveSeconds_whenItNeverAnswersAClose() {
        WsClient client = gateway.connect();

        client.send("nonsense");
        client.awaitClose();

        long from = System.nanoTime();
        client.socket().expectClosed();
        assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(8));
        gateway.awaitBaseline();
    }

    @Test
    void client_isDroppedAfterFiveSeconds_whenItGoesOnSendingInsteadOfAnsweringAClose() {
        WsClient client = gateway.connect();
        client.send("nonsense");

        long from = System.nanoTime();
        while (client.socket().trySend(Frame.text(HEARTBEAT).bytes())) {
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(8));
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }

    // ---- connections cut in the middle

    static Stream<Arguments> cuts() {
        byte[] text = Frame.text(padded(200)).bytes();
        return Stream.of(
                arguments("inside the header", Arrays.copyOf(text, 1)),
                arguments("inside the length", Arrays.copyOf(text, 3)),
                arguments("inside the mask", Arrays.copyOf(text, 6)),
                arguments("inside the payload", Arrays.copyOf(text, 100)),
                arguments(
                        "inside a fragmented message",
                        Frame.text("{").fin(false).bytes()),
                arguments("after a whole message", text),
                arguments("without a byte", new byte[0]));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cuts")
    void connection_leavesNothing_whenItIsCut(String name, byte[] bytes) {
        WsClient reset = gateway.subscriber("cut");
        reset.socket().send(bytes);
        reset.socket().reset();

        WsClient closed = gateway.subscriber("cut");
        closed.socket().send(bytes);
        closed.socket().close();

        WsClient halfClosed = gateway.subscriber("cut");
        halfClosed.socket().send(bytes);
        halfClosed.socket().finishSending();
        halfClosed.socket().readToEnd();

        gateway.awaitBaseline();
    }

    /** A heartbeat of exactly this many bytes. */
    static String padded(int bytes) {
        String head = "{\"id\":1,\"method\":\"heartbeat\",\"padding\":\"";
        return head + "x".repeat(bytes - head.length() - 2) + "\"}";
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
