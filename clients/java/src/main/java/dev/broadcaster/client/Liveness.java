package dev.broadcaster.client;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Detects whether the node is alive. Any frame is a sign of life. One timer, restarted when it fires and never per
 * frame: with keepalives it only watches for silence; without them, and in case of doubt, it sends a heartbeat. Guarded
 * by the client's lock.
 */
final class Liveness {
    /** The time that the keepalive of a node may be late. */
    private static final long MARGIN_MILLIS = 10_000;
    /** Without keepalives: the silence after which a heartbeat is sent. */
    private static final long QUIET_MILLIS = 25_000;

    private static final long ANSWER_MILLIS = 10_000;
    /** For an answer after a sleep. */
    private static final long WAKE_MILLIS = 5_000;

    private final Loop loop;
    private final boolean keepalives;
    private final long quiet;
    private final BooleanSupplier reading;
    private final Runnable heartbeat;
    private final Consumer<String> dead;

    private long lastFrame;
    /** True if a frame has arrived since the heartbeat. */
    private boolean heard;
    /** True while an answer is awaited. */
    private boolean asked;

    private Clock.Cancel timer;

    /**
     * @param pingInterval milliseconds between keepalives, or 0 for a node that sends none
     * @param reading false while this client does not read: then silence means nothing
     * @param dead called with the reason when the node is silent
     */
    Liveness(Loop loop, long pingInterval, BooleanSupplier reading, Runnable heartbeat, Consumer<String> dead) {
        this.loop = loop;
        this.keepalives = pingInterval > 0;
        this.quiet = keepalives ? pingInterval + MARGIN_MILLIS : QUIET_MILLIS;
        this.reading = reading;
        this.heartbeat = heartbeat;
        this.dead = dead;
        this.lastFrame = loop.now();
        this.timer = loop.after(quiet, this::onTime);
    }

    void onFrame() {
        lastFrame = loop.now();
        heard = true;
    }

    /** Sends a heartbeat now, and allows {@code millis} for a frame of any kind. */
    void probe(long millis) {
        timer.cancel();
        heard = false;
        asked = true;
        heartbeat.run();
        timer = loop.after(millis, this::onTime);
    }

    void stop() {
        timer.cancel();
    }

    private void onTime(boolean late) {
        if (!reading.getAsBoolean()) {
            lastFrame = loop.now();
            watch();
        } else if (late) {
            probe(WAKE_MILLIS);
        } else if (asked ? heard : lastFrame + quiet > loop.now()) {
            watch();
        } else if (asked || keepalives) {
            dead.accept("no message for " + (loop.now() - lastFrame) / 1000 + " s");
        } else {
            probe(ANSWER_MILLIS);
        }
    }

    private void watch() {
        asked = false;
        timer = loop.after(lastFrame + quiet - loop.now(), this::onTime);
    }
}
