package dev.broadcaster.redis.link;

import org.jspecify.annotations.Nullable;

/** What an operator can do about an error of a connection. */
final class RedisAdvice {
    private RedisAdvice() {}

    /** The error and what to do, in one line. */
    static String ofConnection(Throwable failure) {
        Throwable cause = root(failure);
        String error = Answers.error(cause).lines().findFirst().orElse("");
        String advice = advice(cause.getClass().getSimpleName() + ' ' + error);
        return "cannot connect: " + error + (advice == null ? "" : ": " + advice);
    }

    /** True if another attempt may be in time. */
    static boolean isSlow(Throwable failure) {
        String error = root(failure).getMessage();
        return error != null && (error.contains("timed out") || error.contains("Cannot retrieve cluster partitions"));
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause;
    }

    private static @Nullable String advice(String error) {
        if (error.contains("UnknownHost")) {
            return "correct the name in REDIS_URL, or the name servers of this machine";
        }
        if (error.contains("refused")) {
            return "start Redis, or correct host and port in REDIS_URL";
        }
        if (error.contains("WRONGPASS") || error.contains("invalid password")) {
            return "correct user and password (REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD_FILE)";
        }
        if (error.contains("NOAUTH") || error.contains("HELLO must be called")) {
            return "set the password (REDIS_URL or REDIS_PASSWORD_FILE)";
        }
        if (error.contains("NOPERM")) {
            return "grant +hello to the user, and in a cluster +cluster";
        }
        if (error.contains("unknown command") && error.contains("HELLO")) {
            return "Redis 6.2 or newer is needed, or any Valkey";
        }
        if (error.contains("certificate") || error.contains("certification path")) {
            return "set REDIS_TLS_CA to the issuer of its certificate, and for a server that asks for one REDIS_TLS_CERT"
                    + " and REDIS_TLS_KEY";
        }
        if (error.contains("SSL") || error.contains("TLS") || error.contains("plaintext")) {
            return "use rediss: in REDIS_URL only if this port speaks TLS";
        }
        if (error.contains("cluster support disabled")) {
            return "this server is no cluster: use redis: in REDIS_URL";
        }
        if (error.contains("Sentinel") || error.contains("master")) {
            return "correct the Sentinels and the name of the master in REDIS_URL";
        }
        if (error.contains("closed") || error.contains("Timeout") || error.contains("timed out")) {
            return "is it another protocol, TLS (rediss:), a firewall, or too many clients (maxclients)?";
        }
        if (error.contains("DB index")) {
            return "correct the number of the database in REDIS_URL";
        }
        return null;
    }
}
