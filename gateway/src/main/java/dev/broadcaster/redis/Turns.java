package dev.broadcaster.redis;

import dev.broadcaster.redis.link.Loop;
import dev.broadcaster.time.Fatal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turns of the event loop, and the tasks that other threads queue for it. A turn runs all tasks that are queued, then
 * ends. When the event loop has ended, a turn runs on the thread that requests it. Safe from any thread.
 *
 * @param <T> the state that the loop owns
 */
final class Turns<T> implements Loop {
    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final Executor eventLoop;
    private final Executor afterwards;
    private final Consumer<T> onEnd;
    private final Queue<Consumer<T>> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Runnable turnTask = Fatal.guarded(this::turn);
    private final Runnable wakeTask = this::wake;

    @SuppressWarnings("NullAway.Init") // start, before anything else
    private T state; // owned by the event loop

    /**
     * No turns yet.
     *
     * @param eventLoop rejects tasks after its end
     * @param afterwards runs a task on the calling thread, after the current one
     * @param onEnd ends a turn
     */
    Turns(Executor eventLoop, Executor afterwards, Consumer<T> onEnd) {
        this.eventLoop = eventLoop;
        this.afterwards = afterwards;
        this.onEnd = onEnd;
    }

    /** Sets the state. Called once, before anything else. */
    void start(T newState) {
        state = newState;
    }

    /** The state. On the event loop. */
    T state() {
        return state;
    }

    /**
     * Queues a task for the loop, in the order of the calls of a thread. Tasks that a thread queues together share a turn,
     * because a flush per publish is expensive.
     */
    void offer(Consumer<T> task) {
        tasks.add(task);
        if (!scheduled.get()) {
            afterwards.execute(wakeTask);
        }
    }

    @Override
    public void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                eventLoop.execute(turnTask);
            } catch (RejectedExecutionException e) {
                turnAfterEnd();
            } catch (Error e) {
                throw Fatal.end(e); // otherwise no turn would be scheduled again
            }
        }
    }

    /** Runs the turn on the calling thread, because the event loop has ended and owns nothing any more. */
    private synchronized void turnAfterEnd() {
        turnTask.run();
    }

    private void turn() {
        scheduled.set(false);
        for (Consumer<T> task = tasks.poll(); task != null; task = tasks.poll()) {
            Fatal.runTask(task, state, LOG);
        }
        onEnd.accept(state);
    }
}
