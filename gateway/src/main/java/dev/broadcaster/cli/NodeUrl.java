package dev.broadcaster.cli;

import java.net.URI;
import java.net.URISyntaxException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The address of a node: the URL of its base path. */
record NodeUrl(URI base) {
    /** The node that {@code serve} starts with the default settings. */
    static final String DEFAULT = "http://127.0.0.1:8000/broadcaster";

    static NodeUrl ofDefaults() {
        return new NodeUrl(URI.create(DEFAULT));
    }

    /** The management port of a node on this machine that listens at {@code host}, an address without brackets. */
    static NodeUrl ofManagement(String host, String port) {
        boolean isAny = host.equals("0.0.0.0") || host.equals("::");
        String address = isAny ? "127.0.0.1" : host.contains(":") ? "[" + host + "]" : host;
        return new Converter().convert("http://" + address + ":" + port);
    }

    URI publish() {
        return URI.create(base + "/publish");
    }

    URI health() {
        return URI.create(base + "/health");
    }

    URI ready() {
        return URI.create(base + "/ready");
    }

    /** The address of the socket: {@code ws:} for {@code http:}, {@code wss:} for {@code https:}. */
    URI websocket() {
        return URI.create(base.toString().replaceFirst("^http", "ws") + "/websocket");
    }

    /** Reads {@code http://host:8000/broadcaster}; {@code ws} and {@code wss} are accepted too. */
    static final class Converter implements ITypeConverter<NodeUrl> {
        @Override
        public NodeUrl convert(String value) {
            String text = value.replaceFirst("^ws", "http").replaceFirst("/+$", "");
            try {
                URI uri = new URI(text);
                boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
                boolean plain = uri.getUserInfo() == null && uri.getQuery() == null && uri.getFragment() == null;
                boolean port = uri.getPort() == -1 || (uri.getPort() >= 1 && uri.getPort() <= 65535);
                if (http && uri.getHost() != null && plain && port) {
                    return new NodeUrl(uri);
                }
            } catch (URISyntaxException e) {
                // Reported below.
            }
            throw new TypeConversionException(value + " (expected: an address such as " + DEFAULT + ")");
        }
    }
}
