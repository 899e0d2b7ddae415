package dev.broadcaster.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A future whose dependents run in the client's callbacks: a publish completes before the own message is delivered. A
 * callback may wait for it: then it completes at once, in that callback, and not behind it in the queue.
 */
final class Promise<T> extends CompletableFuture<T> {
    private final Callbacks callbacks;
    private final Source<?> source;

    /** The result that the client already has, and the future that completes in its turn. */
    private static final class Source<S> {
        /** Completed at once; only waiting callbacks depend on it. */
        final CompletableFuture<S> early = new CompletableFuture<>();

        final Promise<S> promise;
        /** Called when the application cancels; replaced before the promise is returned. */
        Runnable onCancel = () -> {};

        Source(Promise<S> promise) {
            this.promise = promise;
        }

        void deliver() {
            var unused = early.whenComplete((value, error) -> {
                if (error != null) {
                    promise.completeExceptionally(error);
                } else {
                    promise.complete(value);
                }
            });
        }
    }

    Promise(Callbacks callbacks) {
        this.callbacks = callbacks;
        this.source = new Source<>(this);
    }

    private Promise(Callbacks callbacks, Source<?> source) {
        this.callbacks = callbacks;
        this.source = source;
    }

    void onCancel(Runnable run) {
        source.onCancel = run;
    }

    /** Ends the promise. May be called under the client's lock. */
    @SuppressWarnings("unchecked") // the source of a promise that is settled is its own
    void settle(@Nullable T value, @Nullable Throwable error) {
        var own = (Source<T>) source;
        boolean settled = error != null ? own.early.completeExceptionally(error) : own.early.complete(value);
        if (settled) {
            callbacks.add(own::deliver);
        }
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new Promise<>(callbacks, source);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled && source.promise == this) {
            source.onCancel.run();
        }
        return cancelled;
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        if (mustDeliver()) {
            callbacks.blocked(true);
            try {
                source.early.handle((value, error) -> true).get();
            } finally {
                callbacks.blocked(false);
            }
            source.deliver();
        }
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        if (mustDeliver()) {
            callbacks.blocked(true);
            try {
                source.early.handle((value, error) -> true).get(timeout, unit);
            } finally {
                callbacks.blocked(false);
            }
            source.deliver();
        }
        return super.get(timeout, unit);
    }

    @Override
    public T join() {
        if (mustDeliver()) {
            callbacks.blocked(true);
            try {
                source.early.handle((value, error) -> true).join();
            } finally {
                callbacks.blocked(false);
            }
            source.deliver();
        }
        return super.join();
    }

    private boolean mustDeliver() {
        return !isDone() && callbacks.isCurrentThread();
    }
}
