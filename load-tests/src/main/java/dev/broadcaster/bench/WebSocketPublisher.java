package dev.broadcaster.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;

/** Publishes over a WebSocket. */
final class WebSocketPublisher extends WebSocketPeer implements Publisher {
    private static final int FIRST_ID = 2;

    private final ArrayDeque<Integer> sent = new ArrayDeque<>();
    private boolean authenticated;

    WebSocketPublisher(Wire wire, int port, String token, Messages messages) throws IOException {
        super(wire, port, token, messages, false);
    }

    @Override
    public boolean isReady() {
        return authenticated;
    }

    @Override
    public int unanswered() {
        return sent.size();
    }

    @Override
    public void publish(int number, int channel, byte[] payload) throws IOException {
        byte[] start = ("{\"id\":" + (number + FIRST_ID) + ",\"method\":\"publish\",\"params\":{\"channel\":\"c"
                        + channel + "\",\"event\":\"e\",\"payload\":")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] text = Arrays.copyOf(start, start.length + payload.length + 2);
        System.arraycopy(payload, 0, text, start.length, payload.length);
        text[text.length - 2] = '}';
        text[text.length - 1] = '}';
        sent.add(number);
        sendText(text);
    }

    @Override
    void onReply(long id, boolean ok) {
        if (!authenticated) {
            authenticated = ok;
            return;
        }
        int number = sent.remove();
        messages.onAcknowledged(number, ok && id == number + FIRST_ID);
    }

    @Override
    void onBroadcast(byte[] bytes, int from, int to) {
        messages.problem("a broadcast without a subscription");
    }

    @Override
    public String toString() {
        return "publisher over WebSocket";
    }
}
