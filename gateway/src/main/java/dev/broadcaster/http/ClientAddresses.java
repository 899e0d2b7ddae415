package dev.broadcaster.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The address of the client behind trusted proxies: that of a {@link ProxyHeader}, then {@code X-Forwarded-For}, or
 * {@code Forwarded} (RFC 7239), read from the right while the hop that wrote an entry is trusted. Entries left of that
 * come from the client itself and are not read. Safe from any thread.
 */
final class ClientAddresses {
    private final List<AddressRange> trusted;

    ClientAddresses(List<AddressRange> trusted) {
        this.trusted = trusted;
    }

    /**
     * The address of the client. Null if the node cannot tell clients apart: it trusts no proxy, and the peer has a
     * private address, which may be a proxy.
     */
    @Nullable
    InetAddress of(HttpServerExchange exchange) {
        InetAddress address = peer(exchange);
        return address == null
                ? null
                : of(
                        address,
                        exchange.getRequestHeaders().get(Headers.X_FORWARDED_FOR),
                        exchange.getRequestHeaders().get(Headers.FORWARDED));
    }

    /** The address of the client, or of the peer if the node cannot tell clients apart; for people. */
    String seen(HttpServerExchange exchange) {
        InetAddress client = of(exchange);
        if (client == null) {
            client = peer(exchange);
        }
        return client == null ? "an unknown address" : client.getHostAddress();
    }

    /** The peer of the connection, or the one that a proxy has stated as its peer in a {@link ProxyHeader}. */
    private static @Nullable InetAddress peer(HttpServerExchange exchange) {
        InetAddress stated = RequestSource.statedPeer(exchange);
        if (stated != null) {
            return stated;
        }
        InetSocketAddress peer = exchange.getConnection().getPeerAddress(InetSocketAddress.class);
        return peer == null ? null : peer.getAddress();
    }

    /** The address of the client of a connection before any request; null also if the peer is a trusted proxy. */
    @Nullable
    InetAddress ofPeer(InetAddress peer) {
        boolean proxy = trusted.isEmpty() ? AddressRange.isPrivate(peer) : isTrusted(peer);
        return proxy ? null : peer;
    }

    @Nullable
    InetAddress of(InetAddress peer, @Nullable HeaderValues forwardedFor, @Nullable HeaderValues forwarded) {
        if (trusted.isEmpty()) {
            return AddressRange.isPrivate(peer) ? null : peer;
        }
        if (forwardedFor != null && forwarded != null) {
            // A proxy writes one of them and passes on the other as the client sent it.
            InetAddress one = behind(peer, forwardedFor, false);
            return one.equals(behind(peer, forwarded, true)) ? one : peer;
        }
        if (forwardedFor != null) {
            return behind(peer, forwardedFor, false);
        }
        return forwarded != null ? behind(peer, forwarded, true) : peer;
    }

    private InetAddress behind(InetAddress peer, HeaderValues values, boolean elements) {
        InetAddress client = peer;
        for (int i = values.size() - 1; i >= 0; i--) {
            String value = values.get(i);
            for (int end = value.length(); end >= 0; ) {
                if (!isTrusted(client)) {
                    return client;
                }
                int comma = value.lastIndexOf(',', end - 1);
                String entry = value.substring(comma + 1, end).strip();
                InetAddress hop = address(elements ? forParameter(entry) : entry);
                if (hop == null) {
                    return client;
                }
                client = hop;
                end = comma;
            }
        }
        return client;
    }

    /** True if this is the address of a trusted proxy. */
    boolean isTrusted(InetAddress address) {
        for (AddressRange range : trusted) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** The value of {@code for} in {@code for="[2001:db8::1]:4711";proto=https}, without quotes. */
    private static String forParameter(String element) {
        for (String pair : element.split(";", -1)) {
            String text = pair.strip();
            if (text.regionMatches(true, 0, "for=", 0, 4)) {
                String value = text.substring(4);
                boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
                return quoted ? value.substring(1, value.length() - 1) : value;
            }
        }
        return "";
    }

    /** The address in {@code 192.0.2.1}, {@code 192.0.2.1:80}, {@code 2001:db8::1} or {@code [2001:db8::1]:80}, or null. */
    private static @Nullable InetAddress address(String node) {
        if (node.startsWith("[")) {
            int end = node.indexOf(']');
            return end < 0 ? null : AddressRange.address(node.substring(1, end));
        }
        int colon = node.indexOf(':');
        boolean port = colon >= 0 && colon == node.lastIndexOf(':');
        return AddressRange.address(port ? node.substring(0, colon) : node);
    }
}
