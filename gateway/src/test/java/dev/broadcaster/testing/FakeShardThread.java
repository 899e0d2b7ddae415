package dev.broadcaster.testing;

import dev.broadcaster.hub.ShardThread;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A thread of the test: it runs its tasks when the test tells it to. */
public final class FakeShardThread implements ShardThread {
    private final AtomicReference<@Nullable FakeShardThread> running;
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    /** One of several threads that share {@code running}, the currently running one. */
    public FakeShardThread(AtomicReference<@Nullable FakeShardThread> running) {
        this.running = running;
    }

    /** The only thread; it runs now, except during {@link #outside}. */
    public FakeShardThread() {
        this.running = new AtomicReference<>(this);
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
    public void run(Runnable task) {
        as(this, task);
    }

    /** Runs {@code task} now, on a thread of no shard. */
    public void outside(Runnable task) {
        as(null, task);
    }

    private void as(@Nullable FakeShardThread thread, Runnable task) {
        FakeShardThread before = running.getAndSet(thread);
        try {
            task.run();
        } finally {
            running.set(before);
        }
    }

    /** Runs the first waiting task; false if there is none. */
    public boolean runOne() {
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        run(task);
        return true;
    }

    /** Runs tasks until none waits. */
    public void runAll() {
        while (runOne()) {
            // the next
        }
    }
}
