package dev.broadcaster.redis;

import dev.broadcaster.time.Fatal;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens to futures of Lettuce. A future swallows whatever its listener throws; here it is logged, or ends the node. */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    /** Told what came of a future, one of the two. */
    interface Listener<T> {
        void on(@Nullable T value, @Nullable Throwable failure);
    }

    private Answers() {}

    /** Tells {@code listener} what comes of {@code future}, on the thread that completes it. */
    static <T> void take(CompletionStage<T> future, Listener<T> listener) {
        var unused = future.whenComplete(guarded(listener));
    }

    /** Tells {@code listener} what comes of {@code future}, on {@code executor}. */
    static <T> void takeOn(Executor executor, CompletionStage<T> future, Listener<T> listener) {
        var unused = future.whenCompleteAsync(guarded(listener), executor);
    }

    private static <T> BiConsumer<T, Throwable> guarded(Listener<T> listener) {
        return (value, failure) -> {
            try {
                Fatal.endIfError(failure);
                listener.on(value, failure);
            } catch (RuntimeException e) {
                LOG.error("an answer of Redis could not be handled", e);
            } catch (Error e) {
                throw Fatal.end(e);
            }
        };
    }
}
