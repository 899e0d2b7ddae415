package dev.broadcaster.http;

import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/** Writes answers. On the exchange's I/O thread. */
final class Http {
    private static final String JSON = "application/json";
    /** How long the body of a request that has been refused is read and dropped. */
    private static final int DRAIN_SECONDS = 5;

    private Http() {}

    /** Answers with a JSON body. */
    static void json(HttpServerExchange exchange, int status, byte[] body) {
        respond(exchange, status, JSON, body);
    }

    /** Answers with an error of PROTOCOL section 6. */
    static void error(HttpServerExchange exchange, int status, ErrorCode code, String message) {
        json(exchange, status, Responses.errorBody(code, message));
    }

    /** As {@link #error}, and the connection ends: what the client sends next may not be a request. */
    static void errorAndClose(HttpServerExchange exchange, int status, ErrorCode code, String message) {
        exchange.setPersistent(false);
        exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
        error(exchange, status, code, message);
    }

    /**
     * As {@link #error}, to a client that may still be sending the body of a well-framed request: what comes of it is read and
     * dropped, and the connection goes on; but for a few seconds only. Closing a socket with unread bytes at once would make the
     * kernel send a reset, which destroys the answer on its way.
     */
    static void errorAndDrain(HttpServerExchange exchange, int status, ErrorCode code, String message) {
        if (HttpContinue.requiresContinueResponse(exchange)) {
            errorAndClose(exchange, status, code, message); // it waits to be told to go on, and has sent nothing yet
            return;
        }
        if (!exchange.isRequestComplete()) {
            Closeable connection = exchange.getConnection();
            XnioExecutor.Key end = exchange.getIoThread()
                    .executeAfter(() -> IoUtils.safeClose(connection), DRAIN_SECONDS, TimeUnit.SECONDS);
            exchange.addExchangeCompleteListener((ignored, next) -> {
                end.remove();
                next.proceed();
            });
        }
        error(exchange, status, code, message);
    }

    /**
     * Nobody reads the body of this request, if it has one: the connection ends with the answer. Undertow would read the
     * rest before it answers or after, for as long as the client sends it.
     */
    static void ignoreBody(HttpServerExchange exchange) {
        if (!exchange.isRequestComplete()) {
            exchange.setPersistent(false);
            exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
        }
    }

    /** Something to read: no other method, and no body. */
    static HttpHandler getOnly(HttpHandler handler) {
        return exchange -> {
            if (!exchange.getRequestMethod().equals(Methods.GET)
                    && !exchange.getRequestMethod().equals(Methods.HEAD)) {
                exchange.getResponseHeaders().put(Headers.ALLOW, "GET, HEAD");
                errorAndClose(exchange, 405, ErrorCode.INVALID_ARGUMENT, "method not allowed (expected: GET)");
                return;
            }
            ignoreBody(exchange);
            handler.handleRequest(exchange);
        };
    }

    static void respond(HttpServerExchange exchange, int status, String contentType, byte[] body) {
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
        exchange.getResponseSender().send(ByteBuffer.wrap(body));
    }

    /** As {@link #respond}, with a body that many answers share: an answer that waits for its client takes no memory for it. */
    static void respondShared(HttpServerExchange exchange, String contentType, ByteBuffer body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
        exchange.getResponseSender().send(body.asReadOnlyBuffer());
    }

    /** Whether one of the elements of a list (RFC 9110 section 5.6.1) is {@code token}, in any case. */
    static boolean hasToken(@Nullable HeaderValues values, String token) {
        if (values == null) {
            return false;
        }
        for (String value : values) {
            for (String part : value.split(",", -1)) {
                if (part.strip().equalsIgnoreCase(token)) {
                    return true;
                }
            }
        }
        return false;
    }
}
