package dev.broadcaster.http;

import dev.broadcaster.protocol.ErrorCode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Passes a request to the handler of its path, or answers 404. Paths are compared literally, without normalisation. */
final class Router implements HttpHandler {
    private final Function<String, @Nullable HttpHandler> routes;

    Router(Function<String, @Nullable HttpHandler> routes) {
        this.routes = routes;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        HttpHandler handler = routes.apply(PathSegment.path(exchange));
        if (handler == null) {
            Http.ignoreBody(exchange);
            Http.error(exchange, 404, ErrorCode.NOT_FOUND, "no such path");
            return;
        }
        handler.handleRequest(exchange);
    }
}
