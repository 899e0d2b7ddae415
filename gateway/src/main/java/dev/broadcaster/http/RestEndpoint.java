package dev.broadcaster.http;

import dev.broadcaster.auth.ApiKeys;
import dev.broadcaster.auth.KeyScope;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;

/**
 * The checks of the endpoints for servers before a body is read (PROTOCOL section 6): CORS, method, API key, draining.
 */
final class RestEndpoint implements HttpHandler {
    /** Handles a request of a known key. */
    interface Keyed {
        void handle(HttpServerExchange exchange, int key);
    }

    private final HttpString method;
    private final KeyScope scope;
    private final String whenDraining;
    private final ApiKeys keys;
    private final Origins origins;
    private final Readiness readiness;
    private final Metrics metrics;
    private final InFlight inFlight;
    private final Keyed next;

    /**
     * An endpoint for one method.
     *
     * @param scope the scope that the API key must have
     * @param whenDraining the response of a draining node
     */
    RestEndpoint(
            HttpString method,
            KeyScope scope,
            String whenDraining,
            ApiKeys keys,
            Origins origins,
            Readiness readiness,
            Metrics metrics,
            InFlight inFlight,
            Keyed next) {
        this.method = method;
        this.scope = scope;
        this.whenDraining = whenDraining;
        this.keys = keys;
        this.origins = origins;
        this.readiness = readiness;
        this.metrics = metrics;
        this.inFlight = inFlight;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        if (exchange.getRequestMethod().equals(Methods.OPTIONS)) {
            origins.answerPreflight(exchange, method);
            return;
        }
        origins.addHeaders(exchange);
        if (!exchange.getRequestMethod().equals(method)) {
            exchange.getResponseHeaders().put(Headers.ALLOW, method + ", OPTIONS");
            Http.errorAndDrain(
                    exchange, 405, ErrorCode.INVALID_ARGUMENT, "method not allowed (expected: " + method + ")");
            return;
        }
        HeaderValues authorization = exchange.getRequestHeaders().get(Headers.AUTHORIZATION);
        ApiKeys.Match key =
                authorization == null || authorization.size() != 1 ? null : keys.match(authorization.getFirst());
        if (key == null) {
            metrics.countRefusal(Refusal.API_KEY);
            exchange.getResponseHeaders().put(Headers.WWW_AUTHENTICATE, "Bearer");
            Http.errorAndDrain(
                    exchange,
                    401,
                    ErrorCode.UNAUTHENTICATED,
                    "no valid API key (expected: Authorization: Bearer <key>)");
            return;
        }
        if (!key.scopes().contains(scope)) {
            metrics.countRefusal(Refusal.API_KEY_SCOPE);
            Http.errorAndDrain(exchange, 403, ErrorCode.PERMISSION_DENIED, "the API key has no scope " + scope.text());
            return;
        }
        RequestSource.onKey(exchange);
        inFlight.add(exchange); // Counted before the check, so that the drain cannot miss a request that is accepted
        // concurrently.
        if (readiness.isDraining()) {
            metrics.countRefusal(Refusal.DRAINING);
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            Http.errorAndDrain(exchange, 503, ErrorCode.INTERNAL, whenDraining);
            return;
        }
        next.handle(exchange, key.number());
    }
}
