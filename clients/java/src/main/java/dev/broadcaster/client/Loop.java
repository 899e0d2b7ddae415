package dev.broadcaster.client;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The order of the client's work: under one lock its state changes completely, then, without the lock, callbacks run.
 * Socket events, timers and calls of the application all arrive through {@link #enter}. So a callback that calls the
 * client finds it consistent, and all callbacks are in one order.
 */
final class Loop {
    /** A timer that fires this late shows that the process was suspended, not that the node is silent. */
    private static final long LATE_MILLIS = 1000;
    /** The time that a deadline allows after a suspension: the reply may be in the socket already. */
    private static final long GRACE_MILLIS = 5000;

    private static final double LONGEST_DELAY_MILLIS = 20_000;
    private static final double FIRST_DELAY_MILLIS = 500;

    final Callbacks callbacks;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    /** Work that arrived while its thread held the lock. Guarded by the lock. */
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();

    /** Runs at its time, under the lock. */
    interface Timer {
        void onTime(boolean late);
    }

    Loop(Clock clock, Callbacks callbacks) {
        this.clock = clock;
        this.callbacks = callbacks;
    }

    /**
     * Does a part of the client's work. Safe for use by any thread; a callback of the transport uses {@link #later}.
     */
    <T> T enter(Supplier<T> work) {
        lock.lock();
        try {
            T result = work.get();
            drainInbox();
            return result;
        } finally {
            leave();
        }
    }

    void enter(Runnable work) {
        lock.lock();
        try {
            work.run();
            drainInbox();
        } finally {
            leave();
        }
    }

    private void drainInbox() {
        if (lock.getHoldCount() == 1) {
            for (Runnable next; (next = inbox.poll()) != null; ) {
                next.run();
            }
        }
    }

    private void leave() {
        lock.unlock();
        if (!lock.isHeldByCurrentThread()) {
            callbacks.start();
        }
    }

    /**
     * Like {@link #enter}, but when the thread is in the client's work already, after that work and not inside of it.
     */
    void later(Runnable work) {
        if (lock.isHeldByCurrentThread()) {
            inbox.add(work);
        } else {
            enter(work);
        }
    }

    /** Adds a callback, to run when the client's own work is done. */
    void emit(Runnable callback) {
        callbacks.add(callback);
        if (!lock.isHeldByCurrentThread()) {
            callbacks.start();
        }
    }

    long now() {
        return clock.millis();
    }

    /** A timer. Called under the lock. */
    Clock.Cancel after(long millis, Timer run) {
        return new Pending(millis, run);
    }

    /** Like {@link #after}, but a suspended process gets 5 s more, in which waiting data of the socket is read. */
    Clock.Cancel deadline(long millis, Runnable run) {
        return new Deadline(millis, run);
    }

    /** Full jitter: from 0 to {@code millis}. */
    long upTo(double millis) {
        return (long) (clock.random() * millis);
    }

    /** The delay before retry {@code n}, counted from 0. */
    long delay(int n) {
        return upTo(Math.min(LONGEST_DELAY_MILLIS, FIRST_DELAY_MILLIS * Math.pow(2, n)));
    }

    private final class Pending implements Clock.Cancel {
        private final long due;
        private final Timer run;
        private final Clock.Cancel timer;
        /** Guarded by the lock. */
        private boolean over;

        Pending(long millis, Timer run) {
            this.due = now() + millis;
            this.run = run;
            this.timer = clock.schedule(Math.max(0, millis), () -> enter(this::onTime));
        }

        private void onTime() {
            if (!over) {
                over = true;
                run.onTime(now() - due >= LATE_MILLIS);
            }
        }

        @Override
        public void cancel() {
            over = true;
            timer.cancel();
        }
    }

    private final class Deadline implements Clock.Cancel {
        private final Runnable run;
        /** Guarded by the lock. */
        private Clock.Cancel timer;

        Deadline(long millis, Runnable run) {
            this.run = run;
            this.timer = after(millis, this::onTime);
        }

        private void onTime(boolean late) {
            if (late) {
                timer = after(GRACE_MILLIS, stillLate -> run.run());
            } else {
                run.run();
            }
        }

        @Override
        public void cancel() {
            timer.cancel();
        }
    }
}
