package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The publishes that have been received and not answered yet. A draining node answers them, and later ones, which come
 * because their load balancer has not noticed the drain, until none has arrived for a while. Safe from any thread.
 */
final class InFlight {
    /** An active publisher sends a publish within this time. */
    static final long QUIET_NANOS = 1_000_000_000L;

    private final TimingWheel wheel;
    private final Time time;
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile long latestNanos; // the time of the latest one

    InFlight(TimingWheel wheel, Time time) {
        this.wheel = wheel;
        this.time = time;
        this.latestNanos = time.nanos() - QUIET_NANOS;
    }

    /** Counts a request until the last byte of its response has been written, or its connection is lost. */
    void add(HttpServerExchange exchange) {
        begin();
        exchange.addExchangeCompleteListener((answered, next) -> {
            end();
            next.proceed();
        });
    }

    void begin() {
        count.incrementAndGet();
        latestNanos = time.nanos();
    }

    void end() {
        count.decrementAndGet();
    }

    /**
     * Complete when all have ended and no more arrive, or when later ones have been answered for {@code atMost};
     * afterwards only refused requests may be added.
     */
    CompletableFuture<Void> drain(Duration atMost) {
        new End(time.nanos() + atMost.toNanos()).onExpired();
        return ended;
    }

    /** Checks again until the drain is over. On the timer thread, except for the first time. */
    private final class End extends TimingWheel.Timer {
        private final long latestEnd;

        private End(long latestEnd) {
            this.latestEnd = latestEnd;
        }

        @Override
        protected void onExpired() {
            long now = time.nanos();
            boolean quiet = now - latestNanos >= QUIET_NANOS || now - latestEnd >= 0;
            if (quiet && count.get() == 0) {
                ended.complete(null);
            } else {
                wheel.schedule(this, TimingWheel.TICK_NANOS);
            }
        }
    }
}
