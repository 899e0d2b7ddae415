package dev.broadcaster.cli;

import java.security.Security;

/**
 * The JVM's cache of names and addresses. It keeps an address for 30 s whatever its TTL is, and a failure for 10 s: a
 * node would look for its Redis at the old address for this time after a fail-over by DNS. The resolvers of the system
 * know the TTL, and are asked only when a connection is made.
 */
final class NameCache {
    private static final String TTL = "networkaddress.cache.ttl";
    private static final String NEGATIVE_TTL = "networkaddress.cache.negative.ttl";
    private static final String NEGATIVE_DEFAULT = "10"; // in the file java.security

    private NameCache() {}

    /** Keeps names for a second and failures not at all, unless the JVM is told otherwise. Has no effect after the first lookup of a name. */
    static void limit() {
        if (Security.getProperty(TTL) == null && System.getProperty("sun.net.inetaddr.ttl") == null) {
            Security.setProperty(TTL, "1");
        }
        if (NEGATIVE_DEFAULT.equals(Security.getProperty(NEGATIVE_TTL))) {
            Security.setProperty(NEGATIVE_TTL, "0");
        }
    }
}
