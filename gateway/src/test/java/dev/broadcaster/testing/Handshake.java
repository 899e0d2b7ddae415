package dev.broadcaster.testing;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The opening handshake of a WebSocket (RFC 6455 section 4). */
public final class Handshake {
    public static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private Handshake() {}

    /** The request of a client, without extensions. */
    public static byte[] request() {
        return request("").getBytes(StandardCharsets.US_ASCII);
    }

    /** The request of a client. */
    public static String request(String moreHeaders) {
        return "GET /broadcaster/websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + "\r\n"
                + moreHeaders + "\r\n";
    }

    /** The response of a server that accepts the request of a client with this key. */
    public static String response(String key) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(key) + "\r\n\r\n";
    }

    /** The value of Sec-WebSocket-Accept for a key (section 4.2.2). */
    public static String accept(String key) {
        byte[] joined = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII);
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(joined));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
