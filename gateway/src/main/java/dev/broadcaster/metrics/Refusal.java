package dev.broadcaster.metrics;

/** The reason why the node refused input before it became a request: the values of the label {@code reason}. */
public enum Refusal {
    /** A malformed handshake (400). */
    HANDSHAKE("handshake"),
    /** An {@code Origin} outside {@code ALLOWED_ORIGINS} (403). */
    ORIGIN("origin"),
    /** A {@code Host} that is not a name of this node (421). */
    HOST("host"),
    /** More than {@code MAX_CONNECTIONS} (close 1013). */
    CAPACITY("capacity"),
    /** A connection that had not authenticated, closed for a newer one because there were too many (close 1013). */
    UNAUTHENTICATED("unauthenticated"),
    /** A WebSocket handshake (429) or a TLS connection (closed) over {@code MAX_HANDSHAKE_RATE}. */
    HANDSHAKE_RATE("handshake_rate"),
    /** A connection from a trusted proxy without a PROXY header, or with a malformed or late one (closed). */
    PROXY_HEADER("proxy_header"),
    /** A new connection or publish while the node drains (503). */
    DRAINING("draining"),
    /** No API key, or an unknown one (401). */
    API_KEY("api_key"),
    /** An API key without the scope that the request needs (403). */
    API_KEY_SCOPE("api_key_scope"),
    /** Over {@code MAX_PUBLISH_RATE} (429). */
    PUBLISH_RATE("publish_rate"),
    /** Over {@code MAX_NEW_CHANNEL_RATE} (429). */
    NEW_CHANNELS("new_channels"),
    /** A body over {@code MAX_BODY_BYTES} (413). */
    BODY_TOO_LARGE("body_too_large"),
    /** A compressed body (415). */
    CONTENT_ENCODING("content_encoding"),
    /** Too many bodies that have not arrived completely hold memory (503). */
    UNFINISHED_BODIES("unfinished_bodies"),
    /** A request head that had not arrived completely when too much memory was held for others (cut). */
    UNFINISHED_HEADS("unfinished_heads"),
    /** An idle HTTP connection that was closed for a new one, or the new one if none was idle: there were too many. */
    HTTP_CONNECTIONS("http_connections"),
    /** A request head that did not arrive in time (cut). */
    SLOW_HEADER("slow_header"),
    /** A TLS handshake that was not complete in time (cut). */
    SLOW_TLS_HANDSHAKE("slow_tls_handshake"),
    /** A TLS handshake that came when too many waited for their signatures (closed). */
    TLS_HANDSHAKES("tls_handshakes"),
    /** A body that did not arrive in time (408). */
    SLOW_BODY("slow_body"),
    /** A response that was not read in time (cut). */
    SLOW_READER("slow_reader"),
    /**
     * A body in chunks that is malformed, or has too many extensions or trailer fields (400, or cut when the body is
     * not read).
     */
    CHUNKS("chunks"),
    /**
     * A response that waited for its client, or for which there was no memory, because unread responses hold too much
     * (cut, or 503).
     */
    UNREAD_ANSWER("unread_answer"),
    /** A request head that is malformed, or has too many fields or parameters (400). */
    HEAD("head"),
    /** Ambiguous HTTP (400). */
    HTTP("http"),
    /** A publish body that violates the protocol (400). */
    PUBLICATION("publication"),
    /** An idempotency key used again for another message (409). */
    IDEMPOTENCY_KEY("idempotency_key");

    private final String label;

    Refusal(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }
}
