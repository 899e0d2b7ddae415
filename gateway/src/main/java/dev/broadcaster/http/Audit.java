package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import io.undertow.server.HttpServerExchange;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log: which address was refused or accepted, with which API key. A line has the path of a request, without
 * its query, and the number of a key; it never has a key or a token. Safe from any thread.
 *
 * <p>Anyone can be refused, so a node writes at most {@value #PER_SECOND} lines per second about refusals, after a
 * burst of {@value #BURST}; the next line says how many are missing. Lines about accepted clients are all written.
 */
final class Audit {
    static final int PER_SECOND = 10;
    static final int BURST = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Audit.class);
    private static final long INTERVAL_NANOS = 1_000_000_000L / PER_SECOND;

    private final AuditLevel level;
    private final ClientAddresses addresses;
    private final Time time;
    private final long origin;
    /** The time at which an even rate would have reached all lines so far, in nanoseconds since the origin. */
    private final AtomicLong arrival = new AtomicLong();

    private final AtomicLong leftOut = new AtomicLong();

    Audit(AuditLevel level, ClientAddresses addresses, Time time) {
        this.level = level;
        this.addresses = addresses;
        this.time = time;
        this.origin = time.nanos();
    }

    /** The address of the client, for a line of the log. */
    String client(HttpServerExchange exchange) {
        return addresses.seen(exchange);
    }

    void onHandshakeRefused(HttpServerExchange exchange, int status, String reason) {
        refused(exchange, "handshake", "", status, reason);
    }

    void onHandshakeAccepted(HttpServerExchange exchange) {
        if (level == AuditLevel.ALL) {
            LOG.info("audit: handshake from {} accepted", client(exchange));
        }
    }

    /** A call with no key or an unknown one. */
    void onKeyRefused(HttpServerExchange exchange, int status, String reason) {
        refused(exchange, call(exchange), "", status, reason);
    }

    /** A call with a key that may not make it. */
    void onKeyRefused(HttpServerExchange exchange, int key, int status, String reason) {
        refused(exchange, call(exchange), " with API key " + key, status, reason);
    }

    /** A call with a key that may make it. */
    void onKeyUsed(HttpServerExchange exchange, int key) {
        if (level == AuditLevel.ALL) {
            LOG.info("audit: {} from {} with API key {} accepted", call(exchange), client(exchange), key);
        }
    }

    /** A connection that is closed before any request. */
    void onConnectionRefused(InetAddress peer, String reason) {
        long missing = level == AuditLevel.OFF ? -1 : take();
        if (missing >= 0) {
            LOG.info("audit: connection from {} refused: {}{}", peer.getHostAddress(), reason, leftOut(missing));
        }
    }

    private void refused(HttpServerExchange exchange, String what, String key, int status, String reason) {
        long missing = level == AuditLevel.OFF ? -1 : take();
        if (missing >= 0) {
            String suffix = leftOut(missing);
            LOG.info("audit: {} from {}{} refused, {}: {}{}", what, client(exchange), key, status, reason, suffix);
        }
    }

    private static String leftOut(long lines) {
        return lines == 0 ? "" : " (" + lines + " lines before this one were left out)";
    }

    /** The number of lines that were left out since the last one; negative if this one is left out too. */
    long take() {
        long now = time.nanos() - origin;
        while (true) {
            long before = arrival.get();
            long next = Math.max(before, now) + INTERVAL_NANOS;
            if (next - now > BURST * INTERVAL_NANOS) {
                leftOut.incrementAndGet();
                return -1;
            }
            if (arrival.compareAndSet(before, next)) {
                return leftOut.getAndSet(0);
            }
        }
    }

    private static String call(HttpServerExchange exchange) {
        return LogText.of(exchange.getRequestMethod().toString()) + " " + LogText.of(PathSegment.path(exchange));
    }
}
