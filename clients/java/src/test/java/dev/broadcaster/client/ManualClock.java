package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;

/** Time that stands still but for {@link #advance}, and chance from a seed. Safe for use by several threads. */
final class ManualClock implements Clock {
    private final List<Timer> timers = new ArrayList<>();
    private long now;
    private long timersMade;
    private int chance;

    private record Timer(long due, long number, Runnable task) {}

    ManualClock(int seed) {
        chance = seed * 0x9e3779b1;
    }

    @Override
    public synchronized long millis() {
        return now;
    }

    /** mulberry32. */
    @Override
    public synchronized double random() {
        chance += 0x6d2b79f5;
        int t = chance;
        t = (t ^ (t >>> 15)) * (t | 1);
        t ^= t + (t ^ (t >>> 7)) * (t | 61);
        return ((t ^ (t >>> 14)) & 0xffffffffL) / 4294967296.0;
    }

    @Override
    public synchronized Cancel schedule(long millis, Runnable task) {
        var timer = new Timer(now + millis, timersMade++, task);
        timers.add(timer);
        return () -> {
            synchronized (this) {
                timers.remove(timer);
            }
        };
    }

    synchronized int timers() {
        return timers.size();
    }

    /** Moves the time without letting timers fire: the process slept. */
    synchronized void jump(long millis) {
        now += millis;
    }

    /** Lets the timers of the next {@code millis} fire, each at its time, and calls {@code after} behind each. */
    void advance(long millis, Runnable after) {
        long until = millis() + millis;
        for (Timer timer; (timer = next(until)) != null; ) {
            timer.task.run();
            after.run();
        }
        synchronized (this) {
            now = Math.max(now, until);
        }
    }

    void advance(long millis) {
        advance(millis, () -> {});
    }

    private synchronized Timer next(long until) {
        Timer next = null;
        for (Timer timer : timers) {
            boolean sooner =
                    next == null || timer.due < next.due || (timer.due == next.due && timer.number < next.number);
            if (timer.due <= until && sooner) {
                next = timer;
            }
        }
        if (next != null) {
            timers.remove(next);
            now = Math.max(now, next.due);
        }
        return next;
    }
}
