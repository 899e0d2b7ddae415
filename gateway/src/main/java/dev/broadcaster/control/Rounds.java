package dev.broadcaster.control;

import dev.broadcaster.time.Time;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * Answers questions that each need a pass over everything that a node has. One pass at a time, for all questions that
 * wait when it begins, and a rest after it. So clients that ask without pause take a small part of the node, however many
 * they are. {@link #offer} is safe from any thread.
 *
 * @param <Q> a question, with its callback
 */
public final class Rounds<Q> {
    /** The questions of a pass; the cost of a pass grows with them. */
    static final int MAX_QUESTIONS = 64;

    private static final long MAX_REST_NANOS = 100_000_000L;

    /** Answers questions. */
    public interface Pass<Q> {
        /**
         * Begins a pass, on the executor.
         *
         * @param end to be called once, on any thread, possibly before this method returns
         */
        void begin(List<Q> questions, Runnable end);
    }

    private record Waiting<Q>(Q question, long sinceNanos) {}

    private final ControlExecutor executor;
    private final Time time;
    private final int rest;
    private final Pass<Q> pass;

    // These fields are owned by the executor.
    private final Queue<Waiting<Q>> waiting = new ArrayDeque<>();
    private boolean busy; // in a pass, or at rest
    private long beginNanos; // of the latest pass
    private int number; // of the latest pass

    /**
     * Rounds of {@code pass}.
     *
     * @param rest the time between two passes, as a multiple of the time of the first one
     */
    public Rounds(ControlExecutor executor, Time time, int rest, Pass<Q> pass) {
        this.executor = executor;
        this.time = time;
        this.rest = rest;
        this.pass = pass;
    }

    /** Asks a question. The next pass gets it, unless it begins after {@link Fleet#PATIENCE_NANOS}. */
    public void offer(Q question) {
        long now = time.nanos();
        executor.execute(() -> {
            waiting.add(new Waiting<>(question, now));
            if (busy && now - beginNanos > Fleet.PATIENCE_NANOS) {
                busy = false; // the pass has failed
            }
            begin();
        });
    }

    private void begin() {
        if (busy) {
            return;
        }
        long now = time.nanos();
        List<Q> questions = new ArrayList<>();
        while (questions.size() < MAX_QUESTIONS && !waiting.isEmpty()) {
            Waiting<Q> next = waiting.remove();
            if (now - next.sinceNanos <= Fleet.PATIENCE_NANOS) {
                questions.add(next.question);
            }
        }
        if (questions.isEmpty()) {
            return;
        }
        busy = true;
        beginNanos = now;
        number++;
        int current = number;
        pass.begin(questions, () -> executor.execute(() -> onEnd(current)));
    }

    private void onEnd(int ended) {
        if (ended == number) {
            long restNanos = Math.min(rest * (time.nanos() - beginNanos), MAX_REST_NANOS);
            executor.executeAfter(() -> onRested(ended), restNanos);
        }
    }

    private void onRested(int ended) {
        if (ended == number) {
            busy = false;
            begin();
        }
    }
}
