package dev.broadcaster.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.Methods;

/**
 * Lets a request of a connection be handled before those before it are answered, if it is a plain publish: the relay keeps
 * their order. Any other one waits, as what it asks for may depend on them. So does a publish with an interim answer, and
 * one with a body in chunks: Undertow closes the connection where a chunk is broken. And nobody is let in while the line is
 * full.
 */
final class InTurnHandler implements HttpHandler {
    private final String publishPath;
    private final HttpHandler next;

    InTurnHandler(String publishPath, HttpHandler next) {
        this.publishPath = publishPath;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        int missing = AnswerLine.missing(exchange);
        if (missing == 0 || (missing < AnswerLine.MAX_PLACES && isPlainPublish(exchange))) {
            next.handleRequest(exchange);
        } else {
            exchange.dispatch(AnswerLine.whenEmpty(exchange), next);
        }
    }

    private boolean isPlainPublish(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        return exchange.getRequestMethod().equals(Methods.POST)
                && exchange.getRequestURI().equals(publishPath)
                && !headers.contains(Headers.TRANSFER_ENCODING)
                && !headers.contains(Headers.EXPECT);
    }
}
