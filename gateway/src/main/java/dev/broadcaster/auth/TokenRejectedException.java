package dev.broadcaster.auth;

/**
 * A token that is not good enough. The message names what is wrong, the claim where it is one, and is fit to be sent to
 * the client: it holds nothing of the token's text.
 */
public final class TokenRejectedException extends Exception {

    TokenRejectedException(String message) {
        // No stack trace and no cause: anybody can cause rejections at will, and a cause could quote the token.
        super(message, null, false, false);
    }
}
