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

/** Writes responses. On the exchange's I/O thread. */
final class Http {
    private static final String JSON = "application/json";
    /** The time for which the body of a refused request is read and dropped. */
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

    /** Answers with 400. */
    static void refuse(HttpServerExchange exchange, String problem) {
        error(exchange, 400, ErrorCode.INVALID_ARGUMENT, problem);
    }

    /** Answers with 503: nothing was done, and the same request may succeed in a second. */
    static void retryLater(HttpServerExchange exchange, String reason) {
        exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
        error(exchange, 503, ErrorCode.INTERNAL, reason);
    }

    /** Like {@link #error}, and the connection ends, because the next bytes of the client may not be a request. */
    static void errorAndClose(HttpServerExchange exchange, int status, ErrorCode code, String message) {
        exchange.setPersistent(false);
        exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
        error(exchange, status, code, message);
    }

    /**
     * Like {@link #error}, for a client that may still be sending the body of a well-framed request: the body is read
     * and dropped, and the connection continues; but only for a few seconds. Closing a socket with unread bytes at once
     * would make the kernel send a reset, which destroys the response on its way.
     */
    static void errorAndDrain(HttpServerExchange exchange, int status, ErrorCode code, String message) {
        if (HttpContinue.requiresContinueResponse(exchange)) {
            errorAndClose(exchange, status, code, message); // the client waits for 100 Continue
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
     * The body of this request, if it has one, is not read: the connection ends with the response. Undertow would read
     * the rest before or after the response, for as long as the client sends it.
     */
    static void ignoreBody(HttpServerExchange exchange) {
        if (!exchange.isRequestComplete()) {
            exchange.setPersistent(false);
            exchange.getResponseHeaders().put(Headers.CONNECTION, "close");
        }
    }

    /** Allows only GET and HEAD, and no body. */
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

    /**
     * Like {@link #respond}, with a body that many responses share: a response that waits for its client takes no
     * memory for it.
     */
    static void respondShared(HttpServerExchange exchange, String contentType, ByteBuffer body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, contentType);
        exchange.getResponseSender().send(body.asReadOnlyBuffer());
    }

    /** True if an element of a list (RFC 9110 section 5.6.1) is {@code token}, in any case. */
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
