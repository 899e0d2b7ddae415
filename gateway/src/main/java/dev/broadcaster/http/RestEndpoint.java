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
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The checks of the endpoints for servers before a body is read (PROTOCOL sections 6 and 13): CORS, method, API key and
 * its scope, draining.
 */
final class RestEndpoint implements HttpHandler {
    /** Handles a request of a known key. */
    interface Keyed {
        void handle(HttpServerExchange exchange, int key);
    }

    /**
     * A method of an endpoint.
     *
     * @param scope the scope that the API key must have
     */
    record Operation(HttpString method, KeyScope scope, Keyed next) {}

    private final List<Operation> operations;
    private final String methods;
    private final String whenDraining;
    private final ApiKeys keys;
    private final Origins origins;
    private final Readiness readiness;
    private final Audit audit;
    private final Metrics metrics;
    private final InFlight inFlight;

    /**
     * An endpoint.
     *
     * @param operations one per method
     * @param whenDraining the response of a draining node
     */
    RestEndpoint(
            List<Operation> operations,
            String whenDraining,
            ApiKeys keys,
            Origins origins,
            Readiness readiness,
            Audit audit,
            Metrics metrics,
            InFlight inFlight) {
        this.operations = List.copyOf(operations);
        this.methods = operations.stream().map(it -> it.method.toString()).collect(Collectors.joining(", "));
        this.whenDraining = whenDraining;
        this.keys = keys;
        this.origins = origins;
        this.readiness = readiness;
        this.audit = audit;
        this.metrics = metrics;
        this.inFlight = inFlight;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        if (exchange.getRequestMethod().equals(Methods.OPTIONS)) {
            origins.answerPreflight(exchange, methods);
            return;
        }
        origins.addHeaders(exchange);
        Operation operation = operation(exchange.getRequestMethod());
        if (operation == null) {
            exchange.getResponseHeaders().put(Headers.ALLOW, methods + ", OPTIONS");
            Http.errorAndDrain(
                    exchange, 405, ErrorCode.INVALID_ARGUMENT, "method not allowed (expected: " + methods + ")");
            return;
        }
        HeaderValues authorization = exchange.getRequestHeaders().get(Headers.AUTHORIZATION);
        ApiKeys.Match key =
                authorization == null || authorization.size() != 1 ? null : keys.match(authorization.getFirst());
        if (key == null) {
            metrics.countRefusal(Refusal.API_KEY);
            audit.onKeyRefused(exchange, 401, authorization == null ? "no API key" : "unknown API key");
            exchange.getResponseHeaders().put(Headers.WWW_AUTHENTICATE, "Bearer");
            Http.errorAndDrain(
                    exchange,
                    401,
                    ErrorCode.UNAUTHENTICATED,
                    "no valid API key (expected: Authorization: Bearer <key>)");
            return;
        }
        if (!key.scopes().contains(operation.scope)) {
            metrics.countRefusal(Refusal.API_KEY_SCOPE);
            String reason = "the API key has no scope " + operation.scope.text();
            audit.onKeyRefused(exchange, key.number(), 403, reason);
            Http.errorAndDrain(exchange, 403, ErrorCode.PERMISSION_DENIED, reason);
            return;
        }
        audit.onKeyUsed(exchange, key.number());
        RequestSource.onKey(exchange);
        inFlight.add(exchange); // Counted before the check, so that the drain cannot miss a request that is accepted
        // concurrently.
        if (readiness.isDraining()) {
            metrics.countRefusal(Refusal.DRAINING);
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            Http.errorAndDrain(exchange, 503, ErrorCode.INTERNAL, whenDraining);
            return;
        }
        operation.next.handle(exchange, key.number());
    }

    private @Nullable Operation operation(HttpString method) {
        for (Operation operation : operations) {
            if (operation.method.equals(method)) {
                return operation;
            }
        }
        return null;
    }
}
