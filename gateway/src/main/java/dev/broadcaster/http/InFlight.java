package dev.broadcaster.http;

import io.undertow.server.HttpServerExchange;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The publishes that have been taken up and not answered yet: a node that drains answers them. Safe from any thread. */
final class InFlight {
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean draining;

    /** Counts a request until the last byte of its answer has been written, or its connection is lost. */
    void add(HttpServerExchange exchange) {
        count.incrementAndGet();
        exchange.addExchangeCompleteListener((ignored, next) -> {
            if (count.decrementAndGet() == 0 && draining) {
                ended.complete(null);
            }
            next.proceed();
        });
    }

    /** Complete once all have ended; nothing but what is refused may be added from now on. */
    CompletableFuture<Void> drain() {
        draining = true;
        if (count.get() == 0) {
            ended.complete(null);
        }
        return ended;
    }
}
