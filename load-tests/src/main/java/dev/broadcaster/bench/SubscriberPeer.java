package dev.broadcaster.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A subscriber: it subscribes to its channels, and checks each received message. */
final class SubscriberPeer extends WebSocketPeer {

    private final Finder seqField = new Finder("\"seq\":".getBytes(StandardCharsets.US_ASCII));
    private final Workload workload;
    private final int number;
    private final Payload payload;
    private final Clock clock;
    private final long[] seqs; // by subscription, the last
    private int subscribed = -1; // not authenticated

    /** Gets the time of each delivery. */
    interface Clock {
        void onDelivery(long dueNanos);
    }

    SubscriberPeer(
            Wire wire,
            int port,
            String token,
            Messages messages,
            Workload workload,
            int number,
            Payload payload,
            Clock clock,
            boolean inflates)
            throws IOException {
        super(wire, port, token, messages, inflates);
        this.workload = workload;
        this.number = number;
        this.payload = payload;
        this.clock = clock;
        this.seqs = new long[workload.subscriptions()];
    }

    /** True if all its subscriptions are live. */
    boolean isReady() {
        return subscribed == workload.subscriptions();
    }

    @Override
    void onReply(long id, boolean ok) throws IOException {
        if (!ok || id != subscribed + 2) {
            throw new IOException("request " + (subscribed + 2) + " was refused");
        }
        subscribed++;
        if (!isReady()) {
            String channel = "c" + workload.channelOf(number, subscribed);
            sendText(("{\"id\":" + (subscribed + 2) + ",\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel
                            + "\"}}")
                    .getBytes(StandardCharsets.US_ASCII));
        } else if (number < workload.stalled()) {
            stall();
        }
    }

    @Override
    void onBroadcast(byte[] bytes, int from, int to) {
        int at = payload.find(bytes, from, to);
        if (at < 0) {
            messages.problem("corrupt: " + new String(bytes, from, to - from, StandardCharsets.UTF_8));
            return;
        }
        int message = Payload.number(bytes, at);
        int subscription = subscriptionOf(messages.channel(message));
        if (subscription < 0) {
            messages.problem("message " + message + " came to connection " + number + ", which did not subscribe");
            return;
        }
        int seqAt = seqField.find(bytes, from, to);
        long seq = seqAt < 0 ? -1 : Ascii.number(bytes, seqAt + 6, to, 19);
        if (seq != ++seqs[subscription]) {
            messages.problem("seq: " + seq + " (expected: " + seqs[subscription] + ")");
            seqs[subscription] = seq;
        }
        if (messages.onDelivered(message)) {
            clock.onDelivery(Payload.dueNanos(bytes, at));
        }
    }

    /** The index of its subscription to {@code channel}; -1 if there is none. */
    private int subscriptionOf(int channel) {
        int first = workload.channelOf(number, 0);
        int subscription = Math.floorMod(channel - first, workload.channels());
        return subscription < workload.subscriptions() ? subscription : -1;
    }

    @Override
    public String toString() {
        return "subscriber " + number;
    }
}
