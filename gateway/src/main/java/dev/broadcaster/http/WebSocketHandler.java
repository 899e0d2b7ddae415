package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.protocol.Digests;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.websocket.Connections;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The opening handshake (RFC 6455 section 4.2), strictly; afterwards the websocket package owns the connection. */
final class WebSocketHandler implements HttpHandler {
    /** Below the base path. */
    static final String PATH = "/websocket";

    private static final HttpString ACCEPT = new HttpString("Sec-WebSocket-Accept");
    private static final HttpString EXTENSIONS = new HttpString("Sec-WebSocket-Extensions");
    private static final HttpString KEY = new HttpString("Sec-WebSocket-Key");
    private static final HttpString VERSION = new HttpString("Sec-WebSocket-Version");
    static final String SUPPORTED_VERSION = "13";
    private static final String ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 section 1.3

    private final Connections connections;
    private final Origins origins;
    private final ClientAddresses addresses;
    private final HandshakeRate rate;
    private final Readiness readiness;
    private final Audit audit;
    private final Metrics metrics;

    WebSocketHandler(
            Connections connections,
            Origins origins,
            ClientAddresses addresses,
            HandshakeRate rate,
            Readiness readiness,
            Audit audit,
            Metrics metrics) {
        this.connections = connections;
        this.origins = origins;
        this.addresses = addresses;
        this.rate = rate;
        this.readiness = readiness;
        this.audit = audit;
        this.metrics = metrics;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        String problem = problem(exchange);
        if (problem != null) {
            refuseMalformed(exchange, problem);
            return;
        }
        List<ExtensionOffer> offers = offers(exchange);
        if (offers == null) {
            refuseMalformed(exchange, "Sec-WebSocket-Extensions: malformed");
            return;
        }
        if (!origins.allow(exchange)) {
            refuse(exchange, Refusal.ORIGIN, 403, ErrorCode.PERMISSION_DENIED, "Origin: not allowed");
            return;
        }
        if (readiness.isDraining()) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            refuse(exchange, Refusal.DRAINING, 503, ErrorCode.INTERNAL, "node is draining");
            return;
        }
        InetAddress client = addresses.of(exchange);
        if (client != null && !rate.take(client)) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, "1");
            refuse(
                    exchange,
                    Refusal.HANDSHAKE_RATE,
                    429,
                    ErrorCode.FAILED_PRECONDITION,
                    "too many handshakes from this address");
            return;
        }
        audit.onHandshakeAccepted(exchange);
        String key = exchange.getRequestHeaders().getFirst(KEY);
        exchange.getResponseHeaders()
                .put(Headers.UPGRADE, "websocket")
                .put(Headers.CONNECTION, "Upgrade")
                .put(ACCEPT, accept(key));
        String deflate = PerMessageDeflate.answer(offers);
        if (deflate != null) {
            exchange.getResponseHeaders().put(EXTENSIONS, deflate);
        }
        exchange.upgradeChannel((stream, upgraded) -> {
            RequestSource.remove(stream, upgraded);
            AnswerSink.remove(stream);
            connections.accept(stream, deflate != null);
        });
        exchange.endExchange();
    }

    private void refuseMalformed(HttpServerExchange exchange, String problem) {
        nameVersion(exchange);
        refuse(exchange, Refusal.HANDSHAKE, 400, ErrorCode.INVALID_ARGUMENT, problem);
    }

    private void refuse(HttpServerExchange exchange, Refusal refusal, int status, ErrorCode code, String reason) {
        metrics.countRefusal(refusal);
        audit.onHandshakeRefused(exchange, status, reason);
        Http.errorAndClose(exchange, status, code, reason);
    }

    /** Adds the supported version to the refusal of a handshake (RFC 6455 section 4.2.2). */
    static void nameVersion(HttpServerExchange exchange) {
        exchange.getResponseHeaders().put(VERSION, SUPPORTED_VERSION);
    }

    /** The extensions that the client offers and the node supports; null if they are malformed. */
    private @Nullable List<ExtensionOffer> offers(HttpServerExchange exchange) {
        HeaderValues values = exchange.getRequestHeaders().get(EXTENSIONS);
        return values == null || !connections.compresses() ? List.of() : ExtensionOffer.parse(values);
    }

    private static @Nullable String problem(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        if (!exchange.getRequestMethod().equals(Methods.GET)
                || !exchange.getProtocol().equals(Protocols.HTTP_1_1)) {
            return "a WebSocket handshake is a GET of HTTP/1.1";
        }
        if (!Http.hasToken(headers.get(Headers.UPGRADE), "websocket")
                || !Http.hasToken(headers.get(Headers.CONNECTION), "upgrade")) {
            return "a WebSocket handshake has Upgrade: websocket and Connection: Upgrade";
        }
        HeaderValues version = headers.get(VERSION);
        if (version == null || version.size() != 1 || !version.getFirst().equals(SUPPORTED_VERSION)) {
            return "Sec-WebSocket-Version: missing or not supported (expected: 13)";
        }
        HeaderValues key = headers.get(KEY);
        if (key == null || key.size() != 1 || !isKey(key.getFirst())) {
            return "Sec-WebSocket-Key: missing or malformed (expected: 16 bytes in base64)";
        }
        if (headers.contains(Headers.TRANSFER_ENCODING) || !isEmpty(headers.getFirst(Headers.CONTENT_LENGTH))) {
            return "a WebSocket handshake has no body";
        }
        HeaderValues origin = headers.get(Headers.ORIGIN);
        if (origin != null && origin.size() != 1) {
            return "Origin: given twice";
        }
        return null;
    }

    private static boolean isEmpty(@Nullable String contentLength) {
        return contentLength == null || contentLength.equals("0");
    }

    private static boolean isKey(String key) {
        if (key.length() != 24) {
            return false;
        }
        try {
            return Base64.getDecoder().decode(key).length == 16;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String accept(@Nullable String key) {
        byte[] text = (key + ACCEPT_GUID).getBytes(StandardCharsets.US_ASCII);
        return Base64.getEncoder().encodeToString(Digests.sha1(text));
    }
}
