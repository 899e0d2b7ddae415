package dev.broadcaster.redis.link;

import java.util.List;
import java.util.concurrent.TimeoutException;

/** What an operator can do about an error of a connection or a command. */
final class RedisAdvice {
    /**
     * What to do about an error.
     *
     * @param signs the error contains one of these
     */
    private record Advice(String text, List<String> signs) {
        static Advice of(String text, String... signs) {
            return new Advice(text, List.of(signs));
        }

        boolean fits(String error) {
            return signs.stream().anyMatch(error::contains);
        }
    }

    /** For each error the first that fits, so the specific ones are before the general ones. */
    private static final List<Advice> CONNECTION = List.of(
            Advice.of("correct the name in REDIS_URL, or the name servers of this machine", "UnknownHost"),
            Advice.of("start it, or correct host and port in REDIS_URL", "refused"),
            Advice.of("raise maxclients, or end other clients", "max number of clients"),
            Advice.of("give Redis a password (protected-mode), and name it in REDIS_URL", "DENIED"),
            Advice.of("wait until it has loaded its data", "LOADING"),
            Advice.of(
                    "correct user and password (REDIS_URL, REDIS_USERNAME, REDIS_PASSWORD_FILE; of Sentinels:"
                            + " REDIS_SENTINEL_USERNAME, REDIS_SENTINEL_PASSWORD_FILE)",
                    "WRONGPASS",
                    "invalid password"),
            Advice.of(
                    "set the password (REDIS_URL or REDIS_PASSWORD_FILE; of Sentinels: REDIS_SENTINEL_PASSWORD_FILE)",
                    "NOAUTH",
                    "HELLO must be called"),
            Advice.of("grant +hello to the user, and in a cluster +cluster", "NOPERM"),
            Advice.of(
                    "Redis 6.2 or newer is needed, or any Valkey",
                    "unknown command 'HELLO'",
                    "unknown command `HELLO`"),
            Advice.of("renew the certificate of Redis", "CertificateExpired", "NotAfter"),
            Advice.of("correct the clock of this machine, or of the one that made it", "NotYetValid", "NotBefore"),
            Advice.of(
                    "name Redis in REDIS_URL as its certificate does, or make one with that name",
                    "subject alternative",
                    "No name matching"),
            Advice.of(
                    "Redis refuses the certificate of the node: set REDIS_TLS_CERT and REDIS_TLS_KEY to a pair whose issuer"
                            + " is in its tls-ca-cert-file",
                    "certificate_required",
                    "bad_certificate",
                    "certificate_unknown",
                    "certificate_expired",
                    "unknown_ca",
                    "decrypt_error"),
            Advice.of(
                    "set REDIS_TLS_CA to the issuer of the certificate of Redis",
                    "certificate",
                    "certification path",
                    "CertPath"),
            Advice.of("use rediss: in REDIS_URL only if this port speaks TLS", "SSL", "TLS", "plaintext"),
            Advice.of("this server is no cluster: use redis: in REDIS_URL", "cluster support disabled"),
            Advice.of("correct the Sentinels and the name of the master in REDIS_URL", "Sentinel", "master"),
            Advice.of("correct the number of the database in REDIS_URL", "DB index"),
            Advice.of(
                    "is it another protocol, TLS (rediss:), a firewall, or too many clients (maxclients)?",
                    "closed",
                    "ClosedChannel",
                    "reset by peer",
                    "Invalid first byte",
                    "Timeout",
                    "timed out",
                    "no answer"));

    private static final List<Advice> COMMAND = List.of(
            Advice.of("raise maxmemory", "OOM"),
            Advice.of("Redis cannot save its data: look into its log", "MISCONF"),
            Advice.of("start its replicas, or lower min-replicas-to-write", "NOREPLICAS"),
            Advice.of("a replica, which accepts no writes: name its master in REDIS_URL", "READONLY"),
            Advice.of("a server of a cluster: use redis-cluster: in REDIS_URL", "MOVED"),
            Advice.of("redis-cli --cluster check says what is missing", "CLUSTERDOWN"),
            Advice.of("wait until it has loaded its data", "LOADING"),
            Advice.of("a script blocks it: script kill", "BUSY"));

    private RedisAdvice() {}

    /** The error of a connection and what to do, in one line. */
    static String ofConnection(Throwable failure) {
        Throwable cause = root(failure);
        String error = text(cause);
        return "cannot connect: " + with(error, CONNECTION, cause.getClass().getSimpleName() + ' ' + error);
    }

    /** The error of a command and what to do. */
    static String ofCommand(String error) {
        return with(error, COMMAND, error);
    }

    private static String with(String error, List<Advice> known, String signs) {
        return known.stream()
                .filter(advice -> advice.fits(signs))
                .findFirst()
                .map(advice -> error.replaceFirst("\\.$", "") + ": " + advice.text)
                .orElse(error);
    }

    /** The first line of the message; a name if there is none. */
    private static String text(Throwable cause) {
        if (cause.getMessage() == null) {
            return cause instanceof TimeoutException
                    ? "no answer"
                    : cause.getClass().getSimpleName();
        }
        return Answers.error(cause).lines().findFirst().orElse("");
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
}
