package dev.broadcaster.http;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.TimingWheel;
import dev.broadcaster.websocket.IoThreads;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.channels.StreamSourceChannel;

/**
 * Reads request bodies on the I/O thread of the request. A body that arrived with its header costs one copy; another
 * has {@value #TIMEOUT_SECONDS} seconds to arrive, even if bytes keep arriving, and takes memory only for the bytes
 * that have arrived.
 */
final class BodyReader {
    static final int TIMEOUT_SECONDS = 10;

    private static final int CHUNK_BYTES = 16 * 1024;

    /** Receives a complete body, {@code bytes[0, length)}, which is valid during the call. */
    interface Receiver {
        void onBody(HttpServerExchange exchange, byte[] bytes, int length);
    }

    private final long maxBytes;
    private final Account unfinished;
    private final TimingWheel wheel;
    private final Metrics metrics;
    private final String whenFull;
    private final ThreadLocal<byte[]> chunks = ThreadLocal.withInitial(() -> new byte[CHUNK_BYTES]);

    /**
     * A reader for any number of bodies.
     *
     * @param maxBytes 0 = no limit
     * @param unfinished counts the bytes of bodies until they are complete
     * @param whenFull the answer when the account is full
     */
    BodyReader(long maxBytes, Account unfinished, TimingWheel wheel, Metrics metrics, String whenFull) {
        this.maxBytes = maxBytes;
        this.unfinished = unfinished;
        this.wheel = wheel;
        this.metrics = metrics;
        this.whenFull = whenFull;
    }

    /** Like this one, with another answer when the account is full. */
    BodyReader answering(String text) {
        return new BodyReader(maxBytes, unfinished, wheel, metrics, text);
    }

    /** Reads the body and passes it on, or answers with an error. */
    void read(HttpServerExchange exchange, Receiver receiver) {
        if (isEncoded(exchange)) {
            refuseEncoded(exchange);
            return;
        }
        if (isTooLarge(exchange.getRequestContentLength())) {
            refuseTooLarge(exchange);
            return;
        }
        StreamSourceChannel channel = exchange.getRequestChannel();
        if (channel == null) {
            Http.errorAndClose(exchange, 400, ErrorCode.INVALID_ARGUMENT, "no body");
            return;
        }
        byte[] bytes = chunks.get();
        ByteBuffer chunk = ByteBuffer.wrap(bytes);
        try {
            int count = channel.read(chunk);
            while (count > 0 && chunk.hasRemaining()) {
                count = channel.read(chunk);
            }
            if (isTooLarge(chunk.position())) { // chunked: without a Content-Length
                refuseTooLarge(exchange);
                return;
            }
            if (count < 0) {
                receiver.onBody(exchange, bytes, chunk.position());
                return;
            }
        } catch (IOException e) {
            refuseBroken(exchange, e);
            return;
        }
        if (unfinished.tryTake(chunk.position())) {
            new Rest(exchange, receiver, Arrays.copyOf(bytes, chunk.position())).start(channel);
        } else {
            refuseUnfinished(exchange);
        }
    }

    private static boolean isEncoded(HttpServerExchange exchange) {
        HeaderValues encodings = exchange.getRequestHeaders().get(Headers.CONTENT_ENCODING);
        return encodings != null
                && encodings.stream().anyMatch(encoding -> !encoding.strip().equalsIgnoreCase("identity"));
    }

    private void refuseEncoded(HttpServerExchange exchange) {
        metrics.countRefusal(Refusal.CONTENT_ENCODING);
        exchange.getResponseHeaders().put(Headers.ACCEPT_ENCODING, "identity"); // RFC 9110 section 12.5.3
        Http.errorAndDrain(
                exchange,
                415,
                ErrorCode.INVALID_ARGUMENT,
                "Content-Encoding: not supported (expected: a body that is not compressed)");
    }

    private boolean isTooLarge(long bytes) {
        return maxBytes > 0 && bytes > maxBytes;
    }

    private void refuseTooLarge(HttpServerExchange exchange) {
        metrics.countRefusal(Refusal.BODY_TOO_LARGE);
        Http.errorAndDrain(
                exchange, 413, ErrorCode.INVALID_ARGUMENT, "body: too large (expected: <= " + maxBytes + " bytes)");
    }

    private void refuseUnfinished(HttpServerExchange exchange) {
        metrics.countRefusal(Refusal.UNFINISHED_BODIES);
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
        Http.errorAndDrain(exchange, 503, ErrorCode.INTERNAL, whenFull);
    }

    private void refuseBroken(HttpServerExchange exchange, IOException problem) {
        if (problem instanceof ChunkException) {
            Http.errorAndClose(exchange, 400, ErrorCode.INVALID_ARGUMENT, String.valueOf(problem.getMessage()));
            return; // and it is counted
        }
        metrics.countRefusal(Refusal.HTTP);
        Http.errorAndClose(exchange, 400, ErrorCode.INVALID_ARGUMENT, "body: broken");
    }

    /** The rest of a body that has not arrived with its header. Owned by the exchange's I/O thread. */
    private final class Rest extends TimingWheel.Timer implements ChannelListener<StreamSourceChannel> {
        private final HttpServerExchange exchange;
        private final Receiver receiver;
        private byte @Nullable [] body; // null when done
        private int length;

        /** The account has counted {@code begin} already. */
        Rest(HttpServerExchange exchange, Receiver receiver, byte[] begin) {
            this.exchange = exchange;
            this.receiver = receiver;
            this.body = begin;
            this.length = begin.length;
        }

        void start(StreamSourceChannel channel) {
            wheel.schedule(this, TIMEOUT_SECONDS * 1_000_000_000L);
            exchange.dispatch(exchange.getIoThread(), () -> {
                channel.getReadSetter().set(this);
                channel.resumeReads();
                handleEvent(channel);
            });
        }

        @Override
        public void handleEvent(StreamSourceChannel channel) {
            if (body == null) {
                return;
            }
            byte[] chunk = chunks.get();
            try {
                int count;
                do {
                    count = channel.read(ByteBuffer.wrap(chunk));
                    if (isTooLarge(length + Math.max(0L, count))) {
                        end(channel);
                        refuseTooLarge(exchange);
                        return;
                    }
                    if (!append(chunk, count)) {
                        end(channel);
                        refuseUnfinished(exchange);
                        return;
                    }
                } while (count > 0);
                if (count < 0) {
                    byte[] whole = end(channel);
                    receiver.onBody(exchange, whole, length);
                }
            } catch (IOException e) {
                end(channel);
                refuseBroken(exchange, e);
            } catch (Error e) {
                throw Fatal.end(e);
            }
        }

        /** False if the account has no room; then nothing is added. */
        private boolean append(byte[] bytes, int count) {
            byte[] to = body;
            if (to == null || count <= 0) {
                return true;
            }
            if (to.length - length < count) {
                int capacity = Math.max(length + count, 2 * to.length);
                if (!unfinished.tryTake(capacity - to.length)) {
                    return false;
                }
                to = Arrays.copyOf(to, capacity);
                body = to;
            }
            System.arraycopy(bytes, 0, to, length, count);
            length += count;
            return true;
        }

        private byte[] end(StreamSourceChannel channel) {
            wheel.cancel(this);
            channel.suspendReads();
            byte[] whole = release();
            return whole == null ? new byte[0] : whole;
        }

        private byte @Nullable [] release() {
            byte[] whole = body;
            body = null;
            unfinished.add(whole == null ? 0 : -whole.length);
            return whole;
        }

        /** On the timer's thread. */
        @Override
        protected void onExpired() {
            exchange.getIoThread().execute(Fatal.guarded(() -> expire(-1)));
        }

        /** Refuses the body unless more of it is read in the next turn: the thread may have been too busy to read. */
        private void expire(int lengthBefore) {
            if (body == null) {
                return;
            }
            if (length > lengthBefore) {
                int now = length;
                IoThreads.executeLater(Fatal.guarded(() -> expire(now)));
                return;
            }
            release();
            metrics.countRefusal(Refusal.SLOW_BODY);
            exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
            Http.errorAndClose(exchange, 408, ErrorCode.INVALID_ARGUMENT, "body: did not arrive in time");
        }
    }
}
