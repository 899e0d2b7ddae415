package dev.broadcaster.protocol;

/** The codes of error responses (PROTOCOL section 3). Never mixed with {@link CloseCode}. */
public enum ErrorCode {
    /** A parameter is missing or malformed. Not for a request that is not a request: that closes with 4400. */
    INVALID_ARGUMENT("InvalidArgument"),
    /** No valid token or key yet. Not for a valid one that covers too little. */
    UNAUTHENTICATED("Unauthenticated"),
    /** The token does not cover this channel or this method. */
    PERMISSION_DENIED("PermissionDenied"),
    /** No such method, or no such subscription. */
    NOT_FOUND("NotFound"),
    /** Already subscribed; or an idempotency key used again for another message. */
    ALREADY_EXISTS("AlreadyExists"),
    /** Right request, wrong moment: authenticated already, or at a limit. */
    FAILED_PRECONDITION("FailedPrecondition"),
    /**
     * The relay did not accept a publish, or could not receive a channel in time. Anything else under this code is a bug
     * of the gateway.
     */
    INTERNAL("Internal");

    private final String wireName;

    ErrorCode(String wireName) {
        this.wireName = wireName;
    }

    /** As the wire has it, such as {@code InvalidArgument}. */
    public String wireName() {
        return wireName;
    }
}
