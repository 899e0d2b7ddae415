package dev.broadcaster.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A connection of the bare loop: REST or WebSocket, depending on its first request. */
final class BareConnection {
    private static final byte[] NOTHING = {};
    private static final byte[] UPGRADED = ascii(String.join(
            "\r\n",
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "",
            ""));
    private static final byte[] PUBLISHED = ascii("HTTP/1.1 200 OK\r\nContent-Length: 57\r\n\r\n"
            + "{\"id\":\"0000000000000000\",\"createTime\":\"2026-01-01T00:00\"}");
    private static final byte[] END_OF_HEADER = ascii("\r\n\r\n");
    private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
    private static final byte[] CHANNEL = ascii("\"channel\":\"c");
    private static final byte[] PAYLOAD = ascii("\"payload\":");
    private static final byte[] ID = ascii("\"id\":");
    private static final byte[] METHOD = ascii("\"method\":\"");

    /** The subscription of one connection to one channel. */
    static final class Subscription {
        final BareConnection connection;
        long seq;

        Subscription(BareConnection connection) {
            this.connection = connection;
        }
    }

    private final BareLoop loop;
    private final SocketChannel socket;
    private final SelectionKey key;
    private final List<List<Subscription>> subscribed = new ArrayList<>(1);
    private boolean upgraded;
    private boolean touched;
    private byte[] rest = NOTHING;
    private byte[] out = NOTHING;
    private int outLength;

    BareConnection(BareLoop loop, SocketChannel socket, SelectionKey key) {
        this.loop = loop;
        this.socket = socket;
        this.key = key;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    void onReady(ByteBuffer shared, ByteBuffer sharedOut) throws IOException {
        if (key.isWritable()) {
            flush(sharedOut);
        }
        if (!key.isReadable()) {
            return;
        }
        shared.clear();
        int count = read(shared);
        if (count < 0) {
            subscribed.forEach(channel -> channel.removeIf(subscription -> subscription.connection == this));
            socket.close();
            return;
        }
        byte[] bytes = Arrays.copyOf(rest, rest.length + count);
        shared.flip().get(bytes, rest.length, count);
        int done = upgraded ? frames(bytes, 0) : http(bytes);
        rest = done == bytes.length ? NOTHING : Arrays.copyOfRange(bytes, done, bytes.length);
        if (!touched) {
            flush(sharedOut);
        }
    }

    private int read(ByteBuffer shared) {
        try {
            return socket.read(shared);
        } catch (IOException e) {
            return -1; // the client resets connections to save time
        }
    }

    private int http(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            int end = find(bytes, at, bytes.length, END_OF_HEADER);
            if (end < 0) {
                return at;
            }
            int body = end + 4;
            if (bytes[at] == 'G') {
                put(UPGRADED, 0, UPGRADED.length);
                upgraded = true;
                return frames(bytes, body);
            }
            int lengthAt = find(bytes, at, end, CONTENT_LENGTH) + CONTENT_LENGTH.length;
            int next = body + (int) Ascii.number(bytes, lengthAt, end, 9);
            if (next > bytes.length) {
                return at;
            }
            put(PUBLISHED, 0, PUBLISHED.length);
            publish(bytes, body, next, 1);
            at = next;
        }
        return at;
    }

    private void publish(byte[] bytes, int from, int to, int braces) {
        int channelAt = find(bytes, from, to, CHANNEL) + CHANNEL.length;
        int payloadAt = find(bytes, from, to, PAYLOAD) + PAYLOAD.length;
        loop.publish((int) Ascii.number(bytes, channelAt, to, 9), bytes, payloadAt, to - braces);
    }

    private int frames(byte[] bytes, int from) {
        int at = from;
        while (bytes.length - at >= 6) {
            int length = bytes[at + 1] & 0x7f;
            int header = 6;
            if (length == 126) {
                if (bytes.length - at < 8) {
                    break;
                }
                length = (bytes[at + 2] & 0xff) << 8 | (bytes[at + 3] & 0xff);
                header = 8;
            }
            int payload = at + header;
            if (bytes.length < payload + length) {
                break;
            }
            for (int i = 0; i < length; i++) {
                bytes[payload + i] ^= bytes[payload - 4 + (i & 3)];
            }
            if ((bytes[at] & 0x0f) == 1) {
                request(bytes, payload, payload + length);
            }
            at = payload + length;
        }
        return at;
    }

    private void request(byte[] bytes, int from, int to) {
        long id = Ascii.number(bytes, find(bytes, from, to, ID) + ID.length, to, 19);
        byte[] reply = ascii("{\"requestId\":" + id + ",\"result\":{\"success\":true}}");
        out((byte) 0x81, reply.length);
        put(reply, 0, reply.length);
        // {"id":1,"method":"publish",...: the letter after the quote is enough.
        byte method = bytes[find(bytes, from, to, METHOD) + METHOD.length];
        if (method == 's') {
            int channelAt = find(bytes, from, to, CHANNEL) + CHANNEL.length;
            List<Subscription> channel = loop.channel((int) Ascii.number(bytes, channelAt, to, 9));
            channel.add(new Subscription(this));
            subscribed.add(channel);
        } else if (method == 'p') {
            publish(bytes, from, to, 2);
        }
    }

    /** Takes a message; true if it is the first of this turn. */
    boolean broadcast(byte[] start, long seq, byte[] end) {
        int digits = 1;
        for (long bound = 10; bound <= seq; bound *= 10) {
            digits++;
        }
        out((byte) 0x81, start.length + digits + end.length);
        put(start, 0, start.length);
        reserve(digits);
        outLength += digits;
        long left = seq;
        for (int i = 1; i <= digits; i++) {
            out[outLength - i] = (byte) ('0' + left % 10);
            left /= 10;
        }
        put(end, 0, end.length);
        boolean first = !touched;
        touched = true;
        return first;
    }

    private void out(byte first, int length) {
        reserve(4);
        out[outLength++] = first;
        if (length < 126) {
            out[outLength++] = (byte) length;
        } else {
            out[outLength++] = 126;
            out[outLength++] = (byte) (length >> 8);
            out[outLength++] = (byte) length;
        }
    }

    private void put(byte[] bytes, int from, int length) {
        reserve(length);
        System.arraycopy(bytes, from, out, outLength, length);
        outLength += length;
    }

    private void reserve(int length) {
        if (out.length - outLength < length) {
            out = Arrays.copyOf(out, 2 * (outLength + length));
        }
    }

    /** Writes as much as the socket takes. */
    void flush(ByteBuffer shared) {
        touched = false;
        int at = 0;
        try {
            while (at < outLength) {
                int part = Math.min(outLength - at, shared.capacity());
                shared.clear().put(out, at, part).flip();
                int written = socket.write(shared);
                at += written;
                if (written < part) {
                    break;
                }
            }
        } catch (IOException e) {
            at = outLength; // a lost client is noticed when it is read
        }
        System.arraycopy(out, at, out, 0, outLength - at);
        outLength -= at;
        if (outLength == 0 && out.length > 64 * 1024) {
            out = NOTHING;
        }
        if (key.isValid()) {
            int wanted = SelectionKey.OP_READ | (outLength > 0 ? SelectionKey.OP_WRITE : 0);
            if (key.interestOps() != wanted) {
                key.interestOps(wanted);
            }
        }
    }

    private static int find(byte[] bytes, int from, int to, byte[] wanted) {
        for (int at = from; at + wanted.length <= to; at++) {
            if (bytes[at] == wanted[0] && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }
}
