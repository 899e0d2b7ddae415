package dev.broadcaster.client;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Sockets that a test plays the node of. Used by one thread. */
final class FakeTransport implements Transport {
    final List<FakeSocket> sockets = new ArrayList<>();

    @Override
    public FakeSocket open(URI uri, Listener listener) {
        var socket = new FakeSocket(listener);
        sockets.add(socket);
        return socket;
    }

    /** The newest socket. */
    FakeSocket socket() {
        return sockets.get(sockets.size() - 1);
    }

    static final class FakeSocket implements Socket {
        final Listener listener;
        /** Frames of the client that {@code take} has not returned yet. */
        final List<String> sent = new ArrayList<>();

        long waiting;
        boolean reading = true;
        final CompletableFuture<Void> released = new CompletableFuture<>();
        /** The close code of the client; -1 for an abort, 0 for neither. */
        int closedWith;

        FakeSocket(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void send(String text) {
            sent.add(text);
        }

        @Override
        public long waiting() {
            return waiting;
        }

        @Override
        public void read(boolean on) {
            reading = on;
        }

        @Override
        public void close(int code, String reason) {
            closedWith = code;
        }

        @Override
        public void abort() {
            closedWith = -1;
        }

        @Override
        public CompletionStage<?> released() {
            return released;
        }

        void text(String text) {
            listener.onText(text);
        }

        /** Takes the oldest request, which must have this method. */
        JsonObject take(String method) {
            if (sent.isEmpty()) {
                throw new AssertionError("nothing was sent (expected: " + method + ")");
            }
            JsonObject request = JsonObject.parse(sent.remove(0));
            if (!method.equals(request.string("method"))) {
                throw new AssertionError(request.string("method") + " (expected: " + method + ")");
            }
            return request;
        }

        void reply(JsonObject request, String result) {
            text("{\"requestId\":" + request.json("id") + ",\"result\":" + result + "}");
        }

        void refuse(JsonObject request, String code, String message) {
            text("{\"requestId\":" + request.json("id") + ",\"error\":{\"code\":\"" + code + "\",\"message\":\""
                    + message + "\"}}");
        }

        /** Opens the socket and accepts the token. */
        void accept() {
            accept(
                    "{\"features\":[\"position\",\"last\",\"idempotency\",\"parallel\",\"keepalive\"],\"pingInterval\":25000,"
                            + "\"maxMessageBytes\":65536,\"expiresIn\":3600000}");
        }

        void accept(String hello) {
            listener.onOpen();
            reply(take("auth"), "{\"success\":true,\"hello\":" + hello + "}");
        }

        /** Answers the oldest request, a subscribe. */
        void live(String lastMessageId) {
            reply(take("subscribe"), "{\"subscriptionId\":\"s\",\"lastMessageId\":\"" + lastMessageId + "\"}");
        }

        void broadcast(String channel, long seq, String payload) {
            text("{\"method\":\"broadcast\",\"params\":{\"id\":\"E-" + seq + "\",\"seq\":" + seq
                    + ",\"createTime\":\"2026-11-30T00:00:00Z\",\"channel\":\"" + channel
                    + "\",\"event\":\"e\",\"payload\":"
                    + payload + "}}");
        }
    }
}
