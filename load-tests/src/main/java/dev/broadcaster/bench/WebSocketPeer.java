package dev.broadcaster.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/** A connection of RFC 6455: it upgrades, authenticates, and passes on the messages of the server. */
abstract class WebSocketPeer extends Peer {
    private static final byte[] BROADCAST = "{\"method\":\"broadcast\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLY = "{\"requestId\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ERROR = "\"error\":".getBytes(StandardCharsets.US_ASCII);

    private final Finder endOfHeader = new Finder("\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    final Messages messages;
    private final String token;
    private final boolean inflates;
    private boolean upgraded;

    /** A peer that has not connected yet; one that inflates offers permessage-deflate, and requires it. */
    WebSocketPeer(Wire wire, int port, String token, Messages messages, boolean inflates) throws IOException {
        super(wire, port);
        this.token = token;
        this.inflates = inflates;
        this.messages = messages;
    }

    /** A reply to the request with this id has arrived. */
    abstract void onReply(long id, boolean ok) throws IOException;

    /** A broadcast has arrived in {@code bytes[from, to)}. */
    abstract void onBroadcast(byte[] bytes, int from, int to);

    @Override
    final void onConnected() throws IOException {
        String request = String.join(
                "\r\n",
                "GET /broadcaster/websocket HTTP/1.1",
                "Host: 127.0.0.1",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                inflates ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "",
                "");
        send(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    }

    @Override
    final int onBytes(byte[] bytes, int to) throws IOException {
        int at = 0;
        if (!upgraded) {
            int end = endOfHeader.find(bytes, 0, to);
            if (end < 0) {
                return 0;
            }
            String header = new String(bytes, 0, end, StandardCharsets.US_ASCII);
            if (!header.startsWith("HTTP/1.1 101") || !header.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
                throw new IOException("not upgraded: " + header);
            }
            if (header.contains("permessage-deflate") != inflates) {
                throw new IOException("not what was offered: " + header);
            }
            upgraded = true;
            at = end + 4;
            sendText(("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        while (to - at >= 2) {
            int length = bytes[at + 1];
            int header = 2;
            if (length == 126 && to - at >= 4) {
                length = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
                header = 4;
            }
            if (length < 0 || length == 127) {
                throw new IOException("frame: masked or over 64 kB");
            }
            if (to - at < header + length || (header == 2 && length == 126)) {
                break;
            }
            onFrame(bytes[at], bytes, at + header, at + header + length);
            at += header + length;
        }
        return at;
    }

    private void onFrame(byte first, byte[] bytes, int from, int to) throws IOException {
        if (first == (byte) 0x89) { // a ping
            sendFrame(0x8a, Arrays.copyOfRange(bytes, from, to));
        } else if (first == (byte) 0xc1 && inflates) {
            int length = wire.inflate(bytes, from, to);
            onFrame((byte) 0x81, wire.inflated, 0, length);
        } else if (first != (byte) 0x81) {
            throw new IOException("frame: " + Integer.toHexString(first & 0xff) + " (expected: text or ping)");
        } else if (startsWith(bytes, from, to, BROADCAST)) {
            onBroadcast(bytes, from, to);
        } else if (startsWith(bytes, from, to, REPLY)) {
            long id = Ascii.number(bytes, from + REPLY.length, to, 19);
            onReply(id, new Finder(ERROR).find(bytes, from, to) < 0);
        } else {
            messages.problem("unknown: " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
        }
    }

    private static boolean startsWith(byte[] bytes, int from, int to, byte[] start) {
        return to - from >= start.length && Arrays.equals(bytes, from, from + start.length, start, 0, start.length);
    }

    final void sendText(byte[] text) throws IOException {
        sendFrame(0x81, text);
    }

    private void sendFrame(int first, byte[] payload) throws IOException {
        wire.out.clear().put((byte) first);
        if (payload.length < 126) {
            wire.out.put((byte) (0x80 | payload.length));
        } else {
            wire.out.put((byte) (0x80 | 126)).putShort((short) payload.length);
        }
        int mask = ThreadLocalRandom.current().nextInt();
        wire.out.putInt(mask);
        for (int i = 0; i < payload.length; i++) {
            wire.out.put((byte) (payload[i] ^ mask >> (24 - 8 * (i & 3))));
        }
        send(wire.out.flip());
    }
}
