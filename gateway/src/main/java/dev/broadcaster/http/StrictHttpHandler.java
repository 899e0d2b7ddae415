package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.time.Fatal;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The first handler. Refuses ambiguous HTTP that Undertow accepts (RFC 9112 sections 3.2, 6.1 and 6.3), because a proxy
 * in front of the node might read it differently.
 */
final class StrictHttpHandler implements HttpHandler {
    /** The error of a Host that is not accepted, also by Undertow. */
    static final String BAD_HOST = "Host: missing, malformed or given twice";

    private static final int MAX_HOST_LENGTH = 255;
    /** A name or an address, and a port; it need not be ours. */
    private static final Pattern HOST = Pattern.compile("(\\[[0-9A-Fa-f:.]+(%[\\w.~-]+)?]|[\\w.~%-]+)(:[0-9]{1,5})?");

    private final HttpHandler next;
    private final Metrics metrics;
    private volatile String goodHost = "localhost"; // nearly all requests have the same one

    StrictHttpHandler(HttpHandler next, Metrics metrics) {
        this.next = next;
        this.metrics = metrics;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        try {
            answer(exchange);
        } catch (Error e) {
            throw Fatal.end(e); // Undertow would answer 500 and continue
        }
    }

    private void answer(HttpServerExchange exchange) throws Exception {
        String problem = problem(exchange);
        if (problem != null) {
            metrics.countRefusal(Refusal.HTTP);
            if (exchange.getRequestURI().endsWith(WebSocketHandler.PATH)) {
                WebSocketHandler.nameVersion(exchange);
            }
            Http.errorAndClose(exchange, 400, ErrorCode.INVALID_ARGUMENT, problem);
            return;
        }
        takeUp(exchange);
        if (!exchange.getConnection().isOpen()) {
            return; // it has been cut because memory is short
        }
        next.handleRequest(exchange);
    }

    private void takeUp(HttpServerExchange exchange) {
        HeaderValues connection = exchange.getRequestHeaders().get(Headers.CONNECTION);
        if (connection != null && Http.hasToken(connection, "close")) {
            exchange.setPersistent(false); // Undertow recognises it only without other options
        }
        if (exchange.getRequestHeaders().contains(Headers.TRANSFER_ENCODING)) {
            ChunkedBody.install(exchange, metrics);
        } else {
            RequestSource.onRequest(exchange, Math.max(0, exchange.getRequestContentLength()));
        }
    }

    private @Nullable String problem(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        HeaderValues host = headers.get(Headers.HOST);
        if (host != null ? host.size() != 1 || !isHost(host.getFirst()) : isHttp11(exchange)) {
            return BAD_HOST;
        }
        if (!RequestSource.isOfHttp1(exchange)) {
            return "HTTP version: not supported (expected: HTTP/1.1)";
        }
        HeaderValues lengths = headers.get(Headers.CONTENT_LENGTH);
        if (lengths != null && (lengths.size() != 1 || !isLength(lengths.getFirst()))) {
            return "Content-Length: malformed or given twice";
        }
        HeaderValues encodings = headers.get(Headers.TRANSFER_ENCODING);
        if (encodings != null) {
            if (lengths != null) {
                return "Content-Length and Transfer-Encoding together";
            }
            if (encodings.size() != 1 || !encodings.getFirst().equalsIgnoreCase("chunked") || !isHttp11(exchange)) {
                return "Transfer-Encoding: not supported (expected: chunked)";
            }
        }
        if (exchange.getRequestMethod().equals(Methods.CONNECT)) {
            return "method not supported"; // its target is no path (RFC 9112 section 3.2.3)
        }
        return null;
    }

    private static boolean isHttp11(HttpServerExchange exchange) {
        return exchange.getProtocol().equals(Protocols.HTTP_1_1);
    }

    private static boolean isLength(String text) {
        if (text.isEmpty() || text.length() > 18) {
            return false;
        }
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private boolean isHost(String text) {
        if (text.equals(goodHost)) {
            return true;
        }
        if (text.length() > MAX_HOST_LENGTH || !HOST.matcher(text).matches()) {
            return false;
        }
        goodHost = text;
        return true;
    }
}
