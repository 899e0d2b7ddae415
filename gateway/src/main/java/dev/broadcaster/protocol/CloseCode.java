package dev.broadcaster.protocol;

/** The close codes that the node sends (PROTOCOL section 7). Never mixed with {@link ErrorCode}. */
public enum CloseCode {
    /** The client ended the connection; stop. */
    NORMAL(1000),
    /** The node drains; reconnect now, with jitter. */
    GOING_AWAY(1001),
    /** Frames that violate RFC 6455; stop, a bug of the client. */
    PROTOCOL_ERROR(1002),
    /** A text message that is not UTF-8, or a compressed one that cannot be inflated; stop, a bug of the client. */
    INVALID_UTF8(1007),
    /** A message over {@code MAX_MESSAGE_BYTES}; stop. */
    MESSAGE_TOO_BIG(1009),
    /** A bug of the gateway; reconnect with backoff. */
    INTERNAL_ERROR(1011),
    /**
     * The node has {@code MAX_CONNECTIONS}, needs the place of a connection that has not authenticated, or has no
     * memory for the input of the client; reconnect with backoff.
     */
    AT_CAPACITY(1013),
    /** The message is not a request; stop. */
    MALFORMED_REQUEST(4400),
    /**
     * No authentication within {@code AUTH_TIMEOUT}, the token expired, or a server disconnected the user; get a new
     * token, reconnect.
     */
    UNAUTHENTICATED(4401),
    /** The access of the user was revoked; stop. */
    REVOKED(4403),
    /** Nothing received for too long, pongs included; reconnect. */
    IDLE(4408),
    /** More than {@code MAX_PENDING_BYTES} waited, or too many bytes for all slow clients; reconnect and recover. */
    SLOW_CONSUMER(4409),
    /** More requests than {@code MAX_REQUEST_RATE}; reconnect with backoff. */
    RATE_LIMITED(4429);

    /** The end of a connection without a close frame; never on the wire (RFC 6455 section 7.1.5). */
    public static final int ABNORMAL = 1006;

    private final int number;

    CloseCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }
}
