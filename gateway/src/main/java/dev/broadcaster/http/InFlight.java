package dev.broadcaster.http;

import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The publishes that have been taken up and not answered yet: a node that drains answers them, and those that come because
 * their load balancer does not know yet, until none has come for a while. Safe from any thread.
 */
final class InFlight {
    /** Who still sends publishes here sends one in this time. */
    static final long QUIET_NANOS = 1_000_000_000L;

    private final TimingWheel wheel;
    private final Time time;
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile long latestNanos; // when the latest one came

    InFlight(TimingWheel wheel, Time time) {
        this.wheel = wheel;
        this.time = time;
        this.latestNanos = time.nanos() - QUIET_NANOS;
    }

    /** Counts a request until the last byte of its answer has been written, or its connection is lost. */
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
     * Complete once all have ended and no more come, or those that still come have been answered for {@code atMost}; nothing
     * but what is refused may be added from now on.
     */
    CompletableFuture<Void> drain(Duration atMost) {
        new End(time.nanos() + atMost.toNanos()).onExpired();
        return ended;
    }

    /** Looks again until it is over. On the timer thread but for the first time. */
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
