package dev.broadcaster.time;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hashed timing wheel (Varghese and Lauck, scheme 6) with intrusive entries: scheduling and cancelling take constant
 * time without an allocation, so that 100,000 idle connections cost the wheel only their entries.
 *
 * <p>A timer fires on the thread {@code broadcaster-timer}, never early, and at most one tick late if that thread gets
 * a processor. All methods are safe from any thread.
 */
public final class TimingWheel implements AutoCloseable {
    /** The resolution of every deadline. */
    public static final long TICK_NANOS = 50_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(TimingWheel.class);
    private static final int SLOTS = 1024;
    /** Practically never, and far from an overflow of sums. */
    private static final long MAX_DELAY_NANOS = Long.MAX_VALUE / 2;

    /** An object with a deadline. Extend it if one deadline at a time is enough: the entry is the object itself. */
    public abstract static class Timer {
        private Timer next = this; // guarded by the wheel; itself = not scheduled
        private Timer previous = this; // guarded by the wheel
        private long tick; // guarded by the wheel

        /** Called on the timer thread when the deadline has passed. May not block or change another thread's state. */
        protected abstract void onExpired();
    }

    private static final class Head extends Timer {
        @Override
        protected void onExpired() {
            throw new AssertionError("a list head has no deadline");
        }
    }

    private final Time time;
    private final long origin;

    @GuardedBy("this")
    private final Timer[] slots = new Timer[SLOTS];

    private final Thread thread = new Thread(this::run, "broadcaster-timer");

    @GuardedBy("this")
    private long currentTick;

    private volatile boolean closed;

    /** A wheel that turns when {@link #start} was called, or by {@link #advance}. */
    public TimingWheel(Time time) {
        this.time = time;
        this.origin = time.nanos();
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Head();
        }
        thread.setDaemon(true);
    }

    /** Starts the timer thread. */
    public void start() {
        thread.start();
    }

    /** Sets the deadline of {@code timer} to {@code delayNanos} from now, in place of an earlier one. */
    public synchronized void schedule(Timer timer, long delayNanos) {
        unlink(timer);
        long due = time.nanos() - origin + Math.min(Math.max(0, delayNanos), MAX_DELAY_NANOS);
        // Rounded up, and never into the past of the wheel: a timer may be a tick late, but not early.
        timer.tick = Math.max(currentTick + 1, (due + TICK_NANOS - 1) / TICK_NANOS);
        Timer head = slots[(int) (timer.tick % SLOTS)];
        Timer last = head.previous;
        timer.previous = last;
        timer.next = head;
        last.next = timer;
        head.previous = timer;
    }

    /** Removes the deadline of {@code timer}; it may still fire if it is firing at this moment. */
    public synchronized void cancel(Timer timer) {
        unlink(timer);
    }

    /** Fires the expired timers. Called by the timer thread, or by a test. */
    public void advance() {
        for (Timer timer : takeDue()) {
            try {
                timer.onExpired();
            } catch (RuntimeException e) {
                LOG.error("exception in a timer: {}", timer, e);
            }
        }
    }

    private synchronized List<Timer> takeDue() {
        long target = (time.nanos() - origin) / TICK_NANOS;
        if (target <= currentTick) {
            return List.of();
        }
        List<Timer> due = new ArrayList<>();
        // After a long pause every slot is visited once, not once per missed tick.
        long first = Math.max(currentTick + 1, target - SLOTS + 1);
        for (long tick = first; tick <= target; tick++) {
            Timer head = slots[(int) (tick % SLOTS)];
            for (Timer timer = head.next; timer != head; ) {
                Timer following = timer.next;
                if (timer.tick <= target) {
                    unlink(timer);
                    due.add(timer);
                }
                timer = following;
            }
        }
        currentTick = target;
        return due;
    }

    private static void unlink(Timer timer) {
        timer.previous.next = timer.next;
        timer.next.previous = timer.previous;
        timer.next = timer;
        timer.previous = timer;
    }

    private void run() {
        while (!closed) {
            advance();
            long sinceTick = (time.nanos() - origin) % TICK_NANOS;
            LockSupport.parkNanos(TICK_NANOS - sinceTick);
        }
    }

    /** Stops the timer thread; scheduled timers never fire. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
