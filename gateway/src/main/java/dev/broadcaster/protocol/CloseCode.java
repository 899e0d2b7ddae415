package dev.broadcaster.protocol;

/** The close codes that the node sends (PROTOCOL section 7). Never mixed with {@link ErrorCode}. */
public enum CloseCode {
    /** The client said good-bye; stop. */
    NORMAL(1000),
    /** The node drains; reconnect now, with jitter. */
    GOING_AWAY(1001),
    /** Frames that are not RFC 6455; stop, a bug. */
    PROTOCOL_ERROR(1002),
    /** A text message that is not UTF-8, or a compressed one that can't be inflated; stop, a bug. */
    INVALID_UTF8(1007),
    /** A message over {@code MAX_MESSAGE_BYTES}; stop. */
    MESSAGE_TOO_BIG(1009),
    /** A bug of the gateway; reconnect with backoff. */
    INTERNAL_ERROR(1011),
    /**
     * The node has {@code MAX_CONNECTIONS}, needs the place of a connection that has not authenticated, or has no memory for
     * what the client has sent; reconnect with backoff.
     */
    AT_CAPACITY(1013),
    /** Not a request; stop. */
    MALFORMED_REQUEST(4400),
    /** No authentication in {@code AUTH_TIMEOUT}, or the token expired; get a new token, reconnect. */
    UNAUTHENTICATED(4401),
    /** Nothing received for too long, pongs included; reconnect. */
    IDLE(4408),
    /** More than {@code MAX_PENDING_BYTES} waited, or too much for all who do not read; reconnect and recover. */
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
