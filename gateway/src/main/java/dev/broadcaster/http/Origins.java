package dev.broadcaster.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.util.HashSet;
import java.util.Set;

/** {@code ALLOWED_ORIGINS}, for the handshake and for CORS. Immutable. */
final class Origins {
    private static final HttpString ALLOW_ORIGIN = new HttpString("Access-Control-Allow-Origin");
    private static final HttpString ALLOW_METHODS = new HttpString("Access-Control-Allow-Methods");
    private static final HttpString ALLOW_HEADERS = new HttpString("Access-Control-Allow-Headers");
    private static final HttpString MAX_AGE = new HttpString("Access-Control-Max-Age");
    private static final HttpString VARY = new HttpString("Vary");

    /** Means every origin of this machine in {@code ALLOWED_ORIGINS}. */
    static final String LOOPBACK = "loopback";

    private final boolean any;
    private final boolean loopback;
    private final Set<String> allowed;

    Origins(Set<String> allowed) {
        this.any = allowed.contains("*");
        this.loopback = allowed.contains(LOOPBACK);
        this.allowed = allowed;
    }

    /** The hosts of the listed web origins, in lower case; {@code *} if any origin is allowed. */
    static Set<String> hosts(Set<String> allowed) {
        Set<String> hosts = new HashSet<>();
        for (String origin : allowed) {
            String host = origin.equals("*") ? "*" : Origin.hostOf(origin);
            if (host != null) {
                hosts.add(host);
            }
        }
        return hosts;
    }

    /** True if the origin of the request is allowed; a request without an origin is not from a browser. */
    boolean allow(HttpServerExchange exchange) {
        HeaderValues origins = exchange.getRequestHeaders().get(Headers.ORIGIN);
        if (origins == null) {
            return true;
        }
        return origins.size() == 1 && (any || isListed(origins.getFirst()));
    }

    /** Tells a browser that its page may read the response. */
    void addHeaders(HttpServerExchange exchange) {
        if (any) {
            exchange.getResponseHeaders().put(ALLOW_ORIGIN, "*");
            return;
        }
        exchange.getResponseHeaders().put(VARY, "Origin");
        HeaderValues origins = exchange.getRequestHeaders().get(Headers.ORIGIN);
        if (origins != null && origins.size() == 1 && isListed(origins.getFirst())) {
            exchange.getResponseHeaders().put(ALLOW_ORIGIN, origins.getFirst());
        }
    }

    /**
     * Answers a preflight request for an endpoint.
     *
     * @param methods of the endpoint, separated by commas
     */
    void answerPreflight(HttpServerExchange exchange, String methods) {
        Http.ignoreBody(exchange);
        addHeaders(exchange);
        exchange.getResponseHeaders()
                .put(ALLOW_METHODS, methods + ", OPTIONS")
                .put(ALLOW_HEADERS, "Content-Type, Authorization, Idempotency-Key")
                .put(MAX_AGE, "86400");
        exchange.setStatusCode(204);
        exchange.endExchange();
    }

    private boolean isListed(String origin) {
        String normalized = Origin.normalized(origin);
        return (normalized != null && allowed.contains(normalized)) || (loopback && Loopback.isOrigin(origin));
    }
}
