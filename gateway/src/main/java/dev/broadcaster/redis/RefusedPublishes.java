package dev.broadcaster.redis;

import dev.broadcaster.time.Time;
import java.util.function.Consumer;

/** Logs what Redis has against publishes of a link. Owned by the event loop. */
final class RefusedPublishes implements Publishes.Listener {
    private final Problem problem;
    private final Time time;
    private final Consumer<String> onRefused;

    /** @param onRefused told of each refusal */
    RefusedPublishes(Problem problem, Time time, Consumer<String> onRefused) {
        this.problem = problem;
        this.time = time;
        this.onRefused = onRefused;
    }

    @Override
    public void onRefused(String error) {
        problem.onRefused("a publish was refused", error, time.nanos());
        onRefused.accept(error);
    }

    @Override
    public void onIncomplete(String error) {
        problem.onRefused("a message was sent, but not kept", error, time.nanos());
    }
}
