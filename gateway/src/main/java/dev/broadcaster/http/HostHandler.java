package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.ErrorCode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers only requests whose {@code Host} names this node; others get 421. A web page that makes its own name point to
 * this address (DNS rebinding) has that name as {@code Host}. Allowed are loopback names, the address at which the
 * connection arrived, and the given names; also HTTP/1.0 without {@code Host}, which no browser sends.
 */
final class HostHandler implements HttpHandler {
    private static final Pattern ADDRESS = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*");
    private static final int MISDIRECTED = 421; // RFC 9110 section 15.5.20

    private final Set<String> names;
    private final HttpHandler next;
    private final Metrics metrics;

    /**
     * A check before {@code next}.
     *
     * @param names in lower case, without a port; {@code *} for any
     */
    HostHandler(Set<String> names, HttpHandler next, Metrics metrics) {
        this.names = Set.copyOf(names);
        this.next = next;
        this.metrics = metrics;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (isAllowed(exchange, exchange.getRequestHeaders().getFirst(Headers.HOST))
                && isAllowed(exchange, authority(exchange))) {
            next.handleRequest(exchange);
            return;
        }
        metrics.countRefusal(Refusal.HOST);
        Http.errorAndClose(exchange, MISDIRECTED, ErrorCode.INVALID_ARGUMENT, "Host: not a name of this node");
    }

    private boolean isAllowed(HttpServerExchange exchange, @Nullable String hostAndPort) {
        if (hostAndPort == null || names.contains("*")) {
            return true;
        }
        String host = withoutPort(hostAndPort.toLowerCase(Locale.ROOT));
        return Loopback.isHost(host) || names.contains(host) || isArrivedAt(exchange, host);
    }

    /** The name before the path in {@code GET http://name/path} (RFC 9112 section 3.2.2), or null. */
    private static @Nullable String authority(HttpServerExchange exchange) {
        if (!exchange.isHostIncludedInRequestURI()) {
            return null;
        }
        String uri = exchange.getRequestURI();
        int host = uri.indexOf("//") + 2;
        int path = uri.indexOf('/', host);
        return path < 0 ? uri.substring(host) : uri.substring(host, path);
    }

    private static String withoutPort(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        String host = colon > hostAndPort.lastIndexOf(']') ? hostAndPort.substring(0, colon) : hostAndPort;
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static boolean isArrivedAt(HttpServerExchange exchange, String host) {
        InetSocketAddress local = exchange.getConnection().getLocalAddress(InetSocketAddress.class);
        if (local == null || !ADDRESS.matcher(host).matches()) {
            return false;
        }
        try {
            InetAddress named = InetAddress.getByName(host); // an address: no name is resolved
            return named.equals(withoutZone(local.getAddress()));
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static InetAddress withoutZone(InetAddress address) throws UnknownHostException {
        return InetAddress.getByAddress(address.getAddress());
    }
}
