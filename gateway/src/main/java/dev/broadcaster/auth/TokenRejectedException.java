package dev.broadcaster.auth;

/**
 * A token was rejected. The message names the fault and its claim, and may be sent to the client: it contains no text
 * of the token.
 */
public final class TokenRejectedException extends Exception {

    TokenRejectedException(String message) {
        // No stack trace and no cause: strangers can cause rejections at any rate, and a cause could quote the token.
        super(message, null, false, false);
    }
}
