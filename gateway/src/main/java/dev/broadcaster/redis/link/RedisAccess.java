package dev.broadcaster.redis.link;

import dev.broadcaster.tls.ClientTls;
import org.jspecify.annotations.Nullable;

/**
 * What a node needs to be let in by Redis and its Sentinels, besides the address.
 *
 * @param user empty for the one of the address
 * @param password null for the one of the address
 * @param sentinelUser the user at the Sentinels; empty for none
 * @param sentinelPassword the password at the Sentinels; null for that of Redis, if they ask for one
 * @param tls the trusted issuers and the client certificate; null for those of the JVM, and none
 */
public record RedisAccess(
        String user,
        @Nullable PasswordFile password,
        String sentinelUser,
        @Nullable PasswordFile sentinelPassword,
        @Nullable ClientTls tls) {
    /** Only what the address says. */
    public static final RedisAccess NONE = new RedisAccess("", null, "", null, null);
}
