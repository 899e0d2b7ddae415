package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.time.Fatal;
import io.undertow.server.HttpHandler;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The endpoints for health checks and metrics. */
final class HealthHandlers {
    private static final byte[] OK = "ok".getBytes(StandardCharsets.US_ASCII);

    private HealthHandlers() {}

    /** {@code /health}: the process is live. */
    static HttpHandler health() {
        return Http.getOnly(exchange -> Http.respond(exchange, 200, "text/plain; charset=utf-8", OK));
    }

    /**
     * {@code /ready}: the node accepts traffic.
     *
     * @param reason the reason why it does not, as far as the users of this port may know it; null while it does
     */
    static HttpHandler ready(Supplier<@Nullable String> reason) {
        return Http.getOnly(exchange -> {
            String trouble = reason.get();
            Http.json(exchange, trouble == null ? 200 : 503, Responses.readiness(trouble));
        });
    }

    /** {@code /metrics}, in the text format of Prometheus; made on a worker, because a scrape takes milliseconds. */
    static HttpHandler metrics(Metrics metrics) {
        return Http.getOnly(exchange -> exchange.dispatch(Fatal.guarded(() -> {
            byte[] text = metrics.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.getIoThread()
                    .execute(() -> Http.respond(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text));
        })));
    }
}
