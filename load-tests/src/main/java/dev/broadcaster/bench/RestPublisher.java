package dev.broadcaster.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Locale;

/** Publishes over REST, on a keep-alive connection. */
final class RestPublisher extends Peer implements Publisher {
    private static final String LENGTH = "content-length:";

    private final Finder endOfHeader = new Finder("\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    private final Messages messages;
    private final String header;
    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private boolean connected;

    RestPublisher(Wire wire, int port, String apiKey, Messages messages) throws IOException {
        super(wire, port);
        this.messages = messages;
        this.header = "POST /broadcaster/publish HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + apiKey
                + "\r\nContent-Type: application/json\r\nContent-Length: ";
    }

    @Override
    void onConnected() {
        connected = true;
    }

    @Override
    public boolean isReady() {
        return connected;
    }

    @Override
    public int unanswered() {
        return sent.size();
    }

    @Override
    public void publish(int number, int channel, byte[] payload) throws IOException {
        byte[] start =
                ("{\"channel\":\"c" + channel + "\",\"event\":\"e\",\"payload\":").getBytes(StandardCharsets.US_ASCII);
        int length = start.length + payload.length + 1;
        wire.out
                .clear()
                .put((header + length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII))
                .put(start)
                .put(payload)
                .put((byte) '}');
        sent.add(number);
        send(wire.out.flip());
    }

    @Override
    int onBytes(byte[] bytes, int to) throws IOException {
        int at = 0;
        while (at < to) {
            int end = endOfHeader.find(bytes, at, to);
            if (end < 0) {
                break;
            }
            String head = new String(bytes, at, end - at, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            int lengthAt = head.indexOf(LENGTH);
            if (lengthAt < 0) {
                throw new IOException("answer without a length: " + head);
            }
            int digits = at + lengthAt + LENGTH.length() + 1;
            int next = end + 4 + (int) Ascii.number(bytes, digits, end, 9);
            if (next > to) {
                break;
            }
            messages.onAcknowledged(sent.remove(), head.startsWith("http/1.1 200"));
            at = next;
        }
        return at;
    }

    @Override
    public String toString() {
        return "publisher over REST";
    }
}
