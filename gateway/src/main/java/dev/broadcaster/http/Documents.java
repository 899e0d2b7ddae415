package dev.broadcaster.http;

import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import io.undertow.server.HttpHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Files in the jar, read once at the start: the API documents and the console. */
public final class Documents {
    private static final String CONSOLE = "/dev/broadcaster/console/";
    private static final HttpString CONTENT_SECURITY_POLICY = new HttpString("Content-Security-Policy");
    private static final HttpString NO_SNIFF = new HttpString("X-Content-Type-Options");
    private static final HttpString REFERRER_POLICY = new HttpString("Referrer-Policy");
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:;"
                    + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Documents() {}

    /** An API document, in which {@code /broadcaster} stands for the base path. */
    static HttpHandler apiDocument(String name, String basePath) {
        String text = new String(read("/dev/broadcaster/http/" + name), StandardCharsets.UTF_8);
        byte[] body = text.replace("/broadcaster", basePath.equals("/") ? "" : basePath)
                .getBytes(StandardCharsets.UTF_8);
        return Http.getOnly(exchange -> Http.respondShared(exchange, "application/json", ByteBuffer.wrap(body)));
    }

    /** What this server is, for a person who opens its address: 404, as for each other path without a handler. */
    static HttpHandler about(String basePath) {
        String base = basePath.equals("/") ? "" : basePath;
        byte[] body = Responses.errorBody(
                ErrorCode.NOT_FOUND,
                "this is a Broadcaster node: its WebSocket is " + base + "/websocket, its API is described in " + base
                        + "/openapi.json and " + base + "/asyncapi.json");
        return Http.getOnly(exchange -> Http.json(exchange, 404, body));
    }

    /** Leads to another path of this node. */
    static HttpHandler redirect(int status, String path) {
        return Http.getOnly(exchange -> {
            exchange.setStatusCode(status);
            exchange.getResponseHeaders().put(Headers.LOCATION, path);
            exchange.endExchange();
        });
    }

    /**
     * False in a jar that was built without Node ({@code -Dconsole.skip}): the client library of the console is
     * missing.
     */
    public static boolean hasConsole() {
        return Documents.class.getResource(CONSOLE + "broadcaster.js") != null;
    }

    /** Replaces the console when the jar has none. */
    static HttpHandler noConsole() {
        byte[] body = "This jar was built without the console (-Dconsole.skip).\n".getBytes(StandardCharsets.UTF_8);
        return Http.getOnly(exchange -> Http.respond(exchange, 404, "text/plain; charset=utf-8", body));
    }

    /** A file of the console. */
    static HttpHandler consoleFile(String name) {
        byte[] body = read(CONSOLE + name);
        String contentType = contentType(name);
        return Http.getOnly(exchange -> {
            exchange.getResponseHeaders()
                    .put(CONTENT_SECURITY_POLICY, POLICY)
                    .put(NO_SNIFF, "nosniff")
                    .put(REFERRER_POLICY, "no-referrer")
                    .put(Headers.CACHE_CONTROL, "no-cache");
            Http.respondShared(exchange, contentType, ByteBuffer.wrap(body));
        });
    }

    private static String contentType(String name) {
        String ending = name.substring(name.lastIndexOf('.') + 1);
        return switch (ending) {
            case "html" -> "text/html; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "json" -> "application/json";
            case "js" -> "text/javascript; charset=utf-8";
            case "svg" -> "image/svg+xml";
            case "png" -> "image/png";
            default -> throw new IllegalArgumentException("no content type for " + name);
        };
    }

    private static byte[] read(String resource) {
        try (InputStream in = Documents.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
