package dev.broadcaster.http;

import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.nio.ByteBuffer;

/** Writes answers. On the exchange's I/O thread. */
final class Http {
    private static final String JSON = "application/json";

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
}
