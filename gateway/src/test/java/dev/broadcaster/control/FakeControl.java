package dev.broadcaster.control;

import dev.broadcaster.testing.FakeTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;

/** An executor whose tasks run when a test says so; running a delayed one moves the clock. */
public final class FakeControl implements ControlExecutor {
    private record Later(Runnable task, long nanos) {}

    private final FakeTime time;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<Later> later = new ArrayList<>();

    public FakeControl(FakeTime time) {
        this.time = time;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void executeAfter(Runnable task, long nanos) {
        later.add(new Later(task, time.nanos() + nanos));
    }

    /** Runs the tasks that need no delay. */
    public void runAll() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Runs the first delayed task at its time, and what it causes; returns its delay, -1 if there is none. */
    public long runLater() {
        long now = time.nanos();
        Later first = later.stream()
                .min(Comparator.comparingLong(it -> it.nanos - now))
                .orElse(null);
        if (first == null) {
            return -1;
        }
        later.remove(first);
        long delay = Math.max(0, first.nanos - now);
        time.advanceNanos(delay);
        first.task.run();
        runAll();
        return delay;
    }
}
