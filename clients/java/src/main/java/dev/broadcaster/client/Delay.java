package dev.broadcaster.client;

import org.jspecify.annotations.Nullable;

/** The delay before the next attempt to connect. A wake ends it, once per second. Guarded by the client's lock. */
final class Delay {
    private static final long WAKE_EVERY_MILLIS = 1_000;

    private final Loop loop;
    private final Runnable attempt;
    private Clock.@Nullable Cancel timer;
    /** Of the next attempt. */
    private long endsAt;
    /** Of the last attempt that followed a delay; null before the first. */
    private @Nullable Long lastAttempt;

    Delay(Loop loop, Runnable attempt) {
        this.loop = loop;
        this.attempt = attempt;
    }

    /** Starts the delay. */
    void start(long millis) {
        cancel();
        endsAt = loop.now() + millis;
        timer = loop.after(millis, late -> {
            timer = null;
            lastAttempt = loop.now();
            attempt.run();
        });
    }

    /** Announces a delay whose start waits for something; a wake ends it nevertheless. */
    void announce(long millis) {
        cancel();
        endsAt = loop.now() + millis;
    }

    boolean isRunning() {
        return timer != null;
    }

    /** Ends the delay, but not within a second of the last attempt. */
    void wake() {
        long now = loop.now();
        long soonest = lastAttempt == null ? 0 : Math.max(0, lastAttempt + WAKE_EVERY_MILLIS - now);
        start(Math.min(Math.max(0, endsAt - now), soonest));
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
