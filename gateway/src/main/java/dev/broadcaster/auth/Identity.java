package dev.broadcaster.auth;

/**
 * The content of a verified token.
 *
 * @param subject `sub`, never empty
 * @param subscribable the channels that it may subscribe to
 * @param publishable the channels that it may publish to; the same object if they are the same
 * @param expiresAtMillis `exp` plus leeway, in milliseconds since 1970: the time at which the connection must close
 * @param issuedAtMillis `iat`, in milliseconds since 1970; {@link #NOT_DATED} if there is none
 */
public record Identity(
        String subject,
        ChannelGrants subscribable,
        ChannelGrants publishable,
        long expiresAtMillis,
        long issuedAtMillis) {
    /** The {@code iat} of a token without one: it is covered by every revocation. */
    public static final long NOT_DATED = Long.MIN_VALUE;

    /** The content of a token without `iat`. */
    public Identity(String subject, ChannelGrants subscribable, ChannelGrants publishable, long expiresAtMillis) {
        this(subject, subscribable, publishable, expiresAtMillis, NOT_DATED);
    }

    /** True if the bearer may subscribe to {@code channel}. */
    public boolean maySubscribe(String channel) {
        return subscribable.covers(channel);
    }

    /** True if the bearer may publish to {@code channel}. */
    public boolean mayPublish(String channel) {
        return publishable.covers(channel);
    }

    /** `exp` itself, in milliseconds since 1970. */
    public long expMillis() {
        return expiresAtMillis - TokenVerifier.LEEWAY_MILLIS;
    }

    /** The time until `exp` itself, in milliseconds; 0 in the leeway after it. */
    public long expiresInMillis(long nowMillis) {
        return Math.max(0, expMillis() - nowMillis);
    }
}
