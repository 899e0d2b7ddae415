package dev.broadcaster.control;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A question until it has its outcome: when every expected node has answered, or {@link #end} is called. The callback is
 * called once, by the executor, which also adds the answers up. Safe from any thread.
 */
public final class Gathering {
    private final Question question;
    private final Executor executor;
    private final Consumer<@Nullable Outcome> callback;

    @GuardedBy("this")
    private final Map<String, Answer> answers = new LinkedHashMap<>();

    @GuardedBy("this")
    private @Nullable Set<String> expected; // null until they are known

    @GuardedBy("this")
    private boolean ended;

    public Gathering(Question question, Executor executor, Consumer<@Nullable Outcome> callback) {
        this.question = question;
        this.executor = executor;
        this.callback = callback;
    }

    /** The question. */
    public Question question() {
        return question;
    }

    /** The nodes whose answers are needed. */
    public void expect(Set<String> nodes) {
        synchronized (this) {
            expected = Set.copyOf(nodes);
        }
        progress(false);
    }

    /**
     * A node has answered; a second answer of it changes nothing.
     *
     * @return false if the outcome does not contain it, because it is late
     */
    public boolean add(String node, Answer answer) {
        synchronized (this) {
            if (ended) {
                return false;
            }
            answers.putIfAbsent(node, answer);
        }
        progress(false);
        return true;
    }

    /** The time is over: the nodes that have not answered are missing in the outcome. */
    public void end() {
        progress(true);
    }

    private void progress(boolean timeIsOver) {
        boolean all;
        List<Answer> known;
        synchronized (this) {
            all = expected != null && answers.keySet().containsAll(expected);
            if (ended || !(all || timeIsOver)) {
                return;
            }
            ended = true;
            known = List.copyOf(answers.values());
        }
        executor.execute(() -> callback.accept(Sum.of(question, known, all)));
    }
}
