package dev.broadcaster.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of the listeners, and the limits of HTTP. A limit of 0 is no limit, a port of 0 a free one.
 *
 * @param managementAllowedHosts further names that the management listener accepts, in lower case, or {@code *}
 * @param basePath {@code /}, or a path that starts with a slash and ends without one
 * @param allowedOrigins origins as {@link Origin#normalized}, {@code loopback} among them for those of this machine; or only {@code *}
 * @param maxBodyBytes the largest body of a publish
 * @param maxHandshakeRate WebSocket handshakes per second of one address
 * @param idleTimeout the time after which an HTTP connection without a request is closed
 * @param trustedProxies the proxies whose statements about the address of a client count
 * @param proxyProtocol true if connections from trusted proxies begin with a PROXY header
 * @param audit the lines of the audit log
 * @param ioThreads 0 = one per two processors
 * @param tlsCert PEM certificate chain, or null for plain HTTP; set if and only if {@code tlsKey} is
 * @param console true for a development node: the console page is served, and only hosts and origins of this machine,
 *     or of {@code allowedOrigins}, are accepted
 */
public record HttpConfig(
        String host,
        int port,
        String managementHost,
        int managementPort,
        Set<String> managementAllowedHosts,
        String basePath,
        Set<String> allowedOrigins,
        long maxBodyBytes,
        int maxHandshakeRate,
        Duration idleTimeout,
        List<AddressRange> trustedProxies,
        boolean proxyProtocol,
        AuditLevel audit,
        int ioThreads,
        @Nullable Path tlsCert,
        @Nullable Path tlsKey,
        boolean console) {

    public HttpConfig {
        managementAllowedHosts = Set.copyOf(managementAllowedHosts);
        allowedOrigins = Set.copyOf(allowedOrigins);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** A copy that serves the console page. */
    public HttpConfig withConsole() {
        return new HttpConfig(
                host,
                port,
                managementHost,
                managementPort,
                managementAllowedHosts,
                basePath,
                allowedOrigins,
                maxBodyBytes,
                maxHandshakeRate,
                idleTimeout,
                trustedProxies,
                proxyProtocol,
                audit,
                ioThreads,
                tlsCert,
                tlsKey,
                true);
    }
}
