package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.testing.CaughtErrors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** The order of tasks and the number of turns, on an event loop that the test runs. */
final class TurnsTest {
    private final Queue<Runnable> eventLoop = new ArrayDeque<>();
    private final Queue<Runnable> afterwards = new ArrayDeque<>();
    private final List<String> told = new ArrayList<>();
    private boolean ended;
    private final Turns<List<String>> turns = new Turns<>(this::execute, afterwards::add, state -> state.add("end"));

    TurnsTest() {
        turns.start(told);
    }

    private void execute(Runnable task) {
        if (ended) {
            throw new RejectedExecutionException();
        }
        eventLoop.add(task);
    }

    private void offer(String name) {
        turns.offer(state -> state.add(name));
    }

    /** Runs what the calling thread runs after its current task. */
    private void runAfterwards() {
        for (Runnable next = afterwards.poll(); next != null; next = afterwards.poll()) {
            next.run();
        }
    }

    private void runTurn() {
        eventLoop.remove().run();
    }

    @Test
    void tasks_thatAThreadOffersTogether_shareATurn_inTheirOrder() {
        offer("a");
        offer("b");
        assertThat(eventLoop).as("before the end of the calling task").isEmpty();
        runAfterwards();
        offer("c");
        assertThat(afterwards).as("wake-ups while a turn is scheduled").isEmpty();
        assertThat(eventLoop).hasSize(1);
        runTurn();

        assertThat(told).containsExactly("a", "b", "c", "end");
        assertThat(eventLoop).isEmpty();
    }

    @Test
    void task_ofATask_runsInTheSameTurn() {
        turns.offer(state -> offer("inner"));
        runAfterwards();
        runTurn();

        assertThat(told).containsExactly("inner", "end");
    }

    @Test
    void wake_inATurn_requestsOneMore() {
        turns.offer(state -> {
            turns.wake();
            turns.wake();
        });
        runAfterwards();
        runTurn();
        assertThat(eventLoop).hasSize(1);
        runTurn();

        assertThat(told).containsExactly("end", "end");
        assertThat(eventLoop).isEmpty();
        assertThat(turns.state()).isSameAs(told);
    }

    @Test
    void turn_continues_afterATaskHasFailed() {
        turns.offer(state -> {
            throw new IllegalStateException("as this test wants it");
        });
        offer("a");
        runAfterwards();
        runTurn();

        assertThat(told).containsExactly("a", "end");
    }

    @Test
    void turn_runsOnTheCallingThread_whenTheEventLoopHasEnded() {
        ended = true;
        offer("a");
        runAfterwards();
        offer("b");
        runAfterwards();

        assertThat(told).containsExactly("a", "end", "b", "end");
    }

    @Test
    void error_isFatal_inATask_andWhenATurnCannotBeScheduled() {
        Error error = new InternalError("as this test wants it");
        Turns<List<String>> failing = new Turns<>(
                task -> {
                    throw error;
                },
                Runnable::run,
                state -> {});
        failing.start(told);
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(failing::wake).isSameAs(error);
            assertThat(caught.all()).containsExactly(error);
        }
        turns.offer(state -> {
            throw error;
        });
        runAfterwards();
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(this::runTurn).isSameAs(error);
            assertThat(caught.all()).contains(error);
        }
    }
}
