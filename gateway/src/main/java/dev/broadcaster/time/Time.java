package dev.broadcaster.time;

/** Both clocks of a node, so that tests can replace them. Safe from any thread. */
public interface Time {
    /** The clocks of the machine. */
    Time SYSTEM = new Time() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long epochMillis() {
            return System.currentTimeMillis();
        }
    };

    /** Monotonic time in nanoseconds, with an arbitrary origin: only differences are meaningful. */
    long nanos();

    /** Wall-clock time in milliseconds since 1970-01-01T00:00:00Z; may jump. */
    long epochMillis();
}
