package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;

/** Refuses, at any path, a request of a web page whose origin is not in {@link Origins} (403). */
final class OriginHandler implements HttpHandler {
    private final Origins origins;
    private final HttpHandler next;
    private final Metrics metrics;

    OriginHandler(Origins origins, HttpHandler next, Metrics metrics) {
        this.origins = origins;
        this.next = next;
        this.metrics = metrics;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (origins.allow(exchange)) {
            next.handleRequest(exchange);
            return;
        }
        metrics.countRefusal(Refusal.ORIGIN);
        Http.errorAndClose(exchange, 403, ErrorCode.PERMISSION_DENIED, "Origin: not allowed");
    }
}
