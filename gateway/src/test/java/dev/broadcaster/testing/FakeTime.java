package dev.broadcaster.testing;

import dev.broadcaster.time.Time;
import java.time.Duration;

/** Clocks that stand still until a test moves them. For one thread, or for reading from many. */
public final class FakeTime implements Time {
    private volatile long nanos;
    private volatile long epochMillis = 1_800_000_000_000L;

    /** The monotonic clock starts just before its overflow, where only differences are right. */
    public FakeTime() {
        this(Long.MAX_VALUE - 1_000_000_000L);
    }

    public FakeTime(long nanos) {
        this.nanos = nanos;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long epochMillis() {
        return epochMillis;
    }

    /** Moves both clocks. */
    public void advance(Duration duration) {
        advanceNanos(duration.toNanos());
        epochMillis += duration.toMillis();
    }

    /** Moves only the monotonic clock. */
    public void advanceNanos(long difference) {
        nanos += difference;
    }

    public void setEpochMillis(long millis) {
        epochMillis = millis;
    }
}
