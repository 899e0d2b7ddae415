package dev.broadcaster.websocket;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.List;

/**
 * Closes the connections of one thread a few at a time, so that the clients do not all reconnect at once. Owned by the
 * thread.
 */
final class Drain extends TimingWheel.Timer {
    private final IoThread thread;
    private final List<ConnectionList> connections;
    private final TimingWheel wheel;
    private final Time time;
    private final long nanos;
    private final long deadline;
    private long initial;

    /** A drain that takes {@code duration} from now on. */
    Drain(IoThread thread, List<ConnectionList> connections, Duration duration, TimingWheel wheel, Time time) {
        this.thread = thread;
        this.connections = connections;
        this.wheel = wheel;
        this.time = time;
        this.nanos = Math.max(1, duration.toNanos());
        this.deadline = time.nanos() + nanos;
    }

    /** Closes the first connections. */
    void begin() {
        initial = openCount();
        closeSome();
    }

    @Override
    protected void onExpired() {
        thread.execute(Fatal.guarded(this::closeSome));
    }

    private void closeSome() {
        double left = Math.max(0, (double) (deadline - time.nanos()) / nanos);
        int excess = openCount() - (int) (initial * left);
        for (ConnectionList list : connections) {
            int some = Math.min(excess, list.openCount());
            list.forSome(some, Connection::leave);
            excess -= some;
        }
        if (openCount() > 0) {
            wheel.schedule(this, TimingWheel.TICK_NANOS);
        }
    }

    private int openCount() {
        int count = 0;
        for (ConnectionList list : connections) {
            count += list.openCount();
        }
        return count;
    }
}
