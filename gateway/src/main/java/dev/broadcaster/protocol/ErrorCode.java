package dev.broadcaster.protocol;

/** The codes of error responses (PROTOCOL section 3). Never mixed with {@link CloseCode}. */
public enum ErrorCode {
    /**
     * A parameter is missing or malformed. Not for a message that is not a request: that closes the connection with
     * 4400.
     */
    INVALID_ARGUMENT("InvalidArgument"),
    /** No valid token or key yet. Not for a valid one whose rights do not suffice. */
    UNAUTHENTICATED("Unauthenticated"),
    /** The token does not cover this channel or this method. */
    PERMISSION_DENIED("PermissionDenied"),
    /** No such method, or no such subscription. */
    NOT_FOUND("NotFound"),
    /** Already subscribed; or an idempotency key used again for another message. */
    ALREADY_EXISTS("AlreadyExists"),
    /** The request is valid, but not now: already authenticated, or at a limit. */
    FAILED_PRECONDITION("FailedPrecondition"),
    /**
     * The relay did not accept a publish, or could not receive a channel in time. Any other use of this code is a bug
     * of the gateway.
     */
    INTERNAL("Internal");

    private final String wireName;

    ErrorCode(String wireName) {
        this.wireName = wireName;
    }

    /** The name on the wire, such as {@code InvalidArgument}. */
    public String wireName() {
        return wireName;
    }
}
