package dev.broadcaster.auth;

/**
 * The end of a user's access (PROTOCOL section 13): every token of the user that was issued until a moment is refused.
 *
 * @param beforeMillis the moment, in milliseconds since 1970; tokens with this {@code iat}, an earlier one or none are
 *     refused
 * @param untilMillis the time after which no such token can be valid
 * @param reason the text for connections that it closes
 */
public record Revocation(long beforeMillis, long untilMillis, String reason) {
    boolean covers(Identity identity) {
        return identity.issuedAtMillis() <= beforeMillis;
    }
}
