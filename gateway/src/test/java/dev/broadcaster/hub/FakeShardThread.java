package dev.broadcaster.hub;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;

/** A thread that is the test's own: it runs what it was given when the test says so. */
final class FakeShardThread implements ShardThread {
    private final AtomicReference<FakeShardThread> running;
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    /** A thread among those that share {@code running}, the one that runs right now. */
    FakeShardThread(AtomicReference<FakeShardThread> running) {
        this.running = running;
    }

    @Override
    public boolean isCurrent() {
        return running.get() == this;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Runs {@code task} on this thread, now. */
    void run(Runnable task) {
        FakeShardThread before = running.getAndSet(this);
        try {
            task.run();
        } finally {
            running.set(before);
        }
    }

    /** Runs the first task that waits; whether there was one. */
    boolean runOne() {
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        run(task);
        return true;
    }
}
