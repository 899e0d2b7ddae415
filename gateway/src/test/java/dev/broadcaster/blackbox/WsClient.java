package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Handshake;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket client over a {@link RawSocket}. It sends any frame, and checks received frames strictly: no mask, no
 * reserved bit, the shortest length, text in valid UTF-8, nothing after a close frame. It answers pings of the node
 * while reading. One thread.
 */
final class WsClient implements AutoCloseable {

    private final RawSocket socket;
    private final Deque<Json> passedOver = new ArrayDeque<>();
    private final boolean inflates;
    private long lastId;
    private long deflatedMessages;
    private long frameBytes;
    private boolean answersPings = true;
    private int closeCode = -1;
    private String closeReason = "";

    private WsClient(RawSocket socket, boolean inflates) {
        this.socket = socket;
        this.inflates = inflates;
    }

    static WsClient open(int port) {
        return upgrade(RawSocket.connect(port));
    }

    /** The opening handshake on an existing connection. */
    static WsClient upgrade(RawSocket socket) {
        socket.send(Handshake.request(""));
        String response = socket.readUntil("\r\n\r\n");
        assertThat(response).startsWith("HTTP/1.1 101 ");
        assertThat(response.toLowerCase(java.util.Locale.ROOT))
                .contains("\r\nupgrade: websocket\r\n")
                .contains("\r\nconnection: upgrade\r\n");
        assertThat(response).containsIgnoringCase("Sec-WebSocket-Accept: " + Handshake.accept(Handshake.KEY));
        assertThat(response).doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
        return new WsClient(socket, false);
    }

    /** A client that has offered permessage-deflate and got it; it handles RSV1 by RFC 7692. */
    static WsClient upgradeDeflating(RawSocket socket) {
        return upgradeOffering(
                socket,
                "permessage-deflate; client_max_window_bits",
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    }

    /** A client that offers extensions; an empty answer means that the node accepted none. */
    static WsClient upgradeOffering(RawSocket socket, String offer, String answer) {
        socket.send(Handshake.request("Sec-WebSocket-Extensions: " + offer + "\r\n"));
        String response = socket.readUntil("\r\n\r\n");
        assertThat(response).startsWith("HTTP/1.1 101 ");
        if (answer.isEmpty()) {
            assertThat(response).doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
        } else {
            assertThat(response).containsIgnoringCase("\r\nSec-WebSocket-Extensions: " + answer + "\r\n");
        }
        return new WsClient(socket, !answer.isEmpty());
    }

    boolean inflates() {
        return inflates;
    }

    RawSocket socket() {
        return socket;
    }

    void leavePingsUnanswered() {
        answersPings = false;
    }

    // ---- sending

    /** All frames in one write. */
    void send(Frame... frames) {
        socket.send(Frame.bytes(frames));
    }

    void send(String text) {
        send(Frame.text(text));
    }

    // ---- reading

    /** The next frame of any kind, checked; fails when the node closed the connection instead. */
    Frame read() {
        Frame frame = readOrEnd();
        if (frame == null) {
            throw new AssertionError("connection closed without a frame" + closedAs());
        }
        return frame;
    }

    private @Nullable Frame readOrEnd() {
        int first = socket.read();
        if (first < 0) {
            return null;
        }
        assertThat(closeCode).as("nothing may follow a close frame").isEqualTo(-1);
        try {
            Frame frame = Frame.read(first, socket::readExactly, inflates);
            frameBytes += frame.payload().length;
            if (frame.opcode() == Frame.CLOSE) {
                rememberClose(frame.payload());
            }
            return frame;
        } catch (IOException e) {
            throw new AssertionError("connection closed inside a frame", e);
        }
    }

    private void rememberClose(byte[] body) {
        assertThat(body.length).as("a close always carries a code").isGreaterThanOrEqualTo(2);
        assertThat(body.length - 2).as("bytes of a close reason").isLessThanOrEqualTo(123);
        closeCode = ByteBuffer.wrap(body).getShort() & 0xffff;
        closeReason = utf8(java.util.Arrays.copyOfRange(body, 2, body.length));
    }

    /** The next text message; answers pings meanwhile; fails when the node closes instead. */
    String message() {
        boolean started = false;
        boolean deflated = false;
        byte[] gathered = new byte[0];
        while (true) {
            Frame frame = read();
            switch (frame.opcode()) {
                case Frame.TEXT, Frame.CONTINUATION -> {
                    assertThat(frame.opcode() == Frame.TEXT)
                            .as("text starts a message, continuation goes on")
                            .isEqualTo(!started);
                    deflated |= frame.rsv() == 4;
                    started = true;
                    gathered = joined(gathered, frame.payload());
                    if (frame.fin()) {
                        deflatedMessages += deflated ? 1 : 0;
                        return utf8(deflated ? Deflated.inflate(gathered) : gathered);
                    }
                }
                case Frame.PING -> {
                    if (answersPings) {
                        send(Frame.of(Frame.PONG, frame.payload()));
                    }
                }
                case Frame.CLOSE -> throw new AssertionError("a message expected" + closedAs());
                default -> throw new AssertionError("a message expected, not opcode " + frame.opcode());
            }
        }
    }

    /** The number of received deflated messages. */
    long deflatedMessages() {
        return deflatedMessages;
    }

    /** The bytes of the payloads of all received frames. */
    long frameBytes() {
        return frameBytes;
    }

    Json json() {
        Json next = passedOver.poll();
        return next != null ? next : Json.parse(message());
    }

    /** The next message that is not a notification: broadcasts before it are kept for {@link #broadcast()}. */
    Json response() {
        while (true) {
            Json json = Json.parse(message());
            if (!json.has("method")) {
                assertThat(json.has("result")).as("result or error: %s", json).isNotEqualTo(json.has("error"));
                return json;
            }
            passedOver.add(json);
        }
    }

    /** The next notification; fails when a response comes first. */
    Json notification() {
        Json json = json();
        assertThat(json.has("id")).as("notifications have no id: %s", json).isFalse();
        json.get("method");
        return json;
    }

    /** The params of the next broadcast; fails when something else comes first. */
    Json broadcast() {
        Json json = notification();
        assertThat(json.get("method").text()).as("%s", json).isEqualTo("broadcast");
        return json.get("params");
    }

    /** Fails unless the next frame is the pong of a ping sent now: everything else has been sent before. */
    void expectQuiet() {
        String mark = "quiet?" + ++lastId;
        send(Frame.ping(mark));
        Frame frame = read();
        assertThat(new String(frame.payload(), StandardCharsets.UTF_8))
                .as("nothing but a pong, opcode %s", frame.opcode())
                .isEqualTo(mark);
        assertThat(frame.opcode()).isEqualTo(Frame.PONG);
        assertThat(passedOver).isEmpty();
    }

    void expectPong(String text) {
        expectPong(text.getBytes(StandardCharsets.UTF_8));
    }

    void expectPong(byte[] payload) {
        Frame frame = read();
        assertThat(frame.opcode()).as("opcode").isEqualTo(Frame.PONG);
        assertThat(frame.payload()).isEqualTo(payload);
    }

    /**
     * Reads any messages up to the close frame; fails unless it has one of these codes and a reason. Answers it, and
     * fails unless the node then closes the connection.
     */
    void expectClose(int... codes) {
        awaitClose();
        assertThat(closeCode)
                .as("close code, reason: %s", closeReason)
                .isIn(java.util.Arrays.stream(codes).boxed().toList());
        assertThat(closeReason).as("reason of close code %s", closeCode).isNotBlank();
        answerClose();
    }

    /** Reads up to the close frame, without an answer. */
    void awaitClose() {
        while (closeCode < 0) {
            Frame frame = read();
            if (frame.opcode() == Frame.PING && answersPings) {
                socket.trySend(Frame.of(Frame.PONG, frame.payload()).bytes());
            }
        }
    }

    /** Ends the closing handshake that the node started. */
    void answerClose() {
        socket.trySend(Frame.close(closeCode, "").bytes());
        socket.expectClosed();
    }

    int closeCode() {
        return closeCode;
    }

    String closeReason() {
        return closeReason;
    }

    // ---- the protocol

    /** Sends a request with a new id and returns the whole response, which must have that id. */
    Json call(String method, String params) {
        long id = ++lastId;
        send(request(id, method, params));
        Json response = response();
        assertThat(response.get("requestId").number()).as("%s", response).isEqualTo(id);
        return response;
    }

    static String request(long id, String method, String params) {
        return "{\"id\":" + id + ",\"method\":" + Json.quote(method) + ",\"params\":" + params + "}";
    }

    /** Like {@link #call}, and returns the result; fails on an error. */
    Json ok(String method, String params) {
        return call(method, params).get("result");
    }

    /** Like {@link #call}, and fails unless it ends in an error of this code; returns its message. */
    String error(String code, String method, String params) {
        Json response = call(method, params);
        return errorOf(response, code);
    }

    static String errorOf(Json response, String code) {
        assertThat(response.has("error")).as("an error expected: %s", response).isTrue();
        Json error = response.get("error");
        assertThat(error.get("code").text()).as("%s", response).isEqualTo(code);
        assertThat(error.get("message").text()).as("%s", response).isNotBlank();
        return error.get("message").text();
    }

    WsClient auth(String token) {
        Json result = ok("auth", "{\"token\":" + Json.quote(token) + "}");
        assertThat(result.get("success").kind()).isEqualTo(Json.Kind.TRUE);
        return this;
    }

    /** Subscribes; returns the subscription's id. */
    String subscribe(String channel) {
        Json result = ok("subscribe", channelParams(channel));
        assertRfc3339Utc(result.get("timestamp").text());
        assertThat(result.get("subscriptionId").text()).isNotBlank();
        return result.get("subscriptionId").text();
    }

    void unsubscribe(String channel) {
        Json result = ok("unsubscribe", channelParams(channel));
        assertThat(result.get("success").kind()).isEqualTo(Json.Kind.TRUE);
    }

    /** Publishes; returns the message's id. */
    String publish(String channel, String event, String payload) {
        Json result = ok("publish", publishParams(channel, event, payload));
        assertRfc3339Utc(result.get("createTime").text());
        return result.get("id").text();
    }

    static String channelParams(String channel) {
        return "{\"channel\":" + Json.quote(channel) + "}";
    }

    static String publishParams(String channel, String event, String payload) {
        return "{\"channel\":" + Json.quote(channel) + ",\"event\":" + Json.quote(event) + ",\"payload\":" + payload
                + "}";
    }

    static void assertRfc3339Utc(String timestamp) {
        assertThat(timestamp).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z");
        java.time.Instant.parse(timestamp);
    }

    // ---- helpers

    private String closedAs() {
        return closeCode < 0 ? "" : ", closed with " + closeCode + " " + closeReason;
    }

    private static byte[] joined(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }

    private static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new AssertionError("not UTF-8: " + HexFormat.of().formatHex(bytes), e);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
