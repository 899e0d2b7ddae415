package dev.broadcaster.client;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Runs the resync of one handle, and holds the messages that arrive meanwhile. Owned by the callbacks. */
final class Syncing {
    private final Loop loop;
    private final Function<Resync.Why, CompletionStage<?>> resync;
    private final Consumer<Throwable> report;
    private final Owner owner;

    /** Messages that wait; null when the state is loaded. */
    private @Nullable Bounded held;
    /** True while a run goes on, or waits for its retry. */
    private boolean running;
    /** The reason for loading the state once more; null for none. */
    private Resync.@Nullable Why stale;
    /** Increases with each run: a run that ends late does nothing. */
    private int run;

    private @Nullable FutureTask<?> task;
    /** Guarded by the client's lock. */
    private Clock.@Nullable Cancel retryTimer;

    /** The handle. */
    interface Owner {
        void deliver(Message message);

        /** This number of messages was dropped because the resync took too long. */
        void onLost(long count);
    }

    Syncing(Loop loop, Function<Resync.Why, CompletionStage<?>> resync, Consumer<Throwable> report, Owner owner) {
        this.loop = loop;
        this.resync = resync;
        this.report = report;
        this.owner = owner;
    }

    /** The state has to be loaded: now, or once more after the current run. */
    void start(Resync.Why why) {
        stale = why;
        if (held == null) {
            held = new Bounded();
        }
        if (!running) {
            load(0);
        }
    }

    /** Keeps a message if a resync runs. */
    boolean hold(Message message) {
        if (held == null) {
            return false;
        }
        held.add(message, true);
        return true;
    }

    /** Ends a run; what is held waits for the next. Returns true if there was one. */
    boolean stop() {
        boolean ran = running;
        run++;
        running = false;
        stale = null;
        if (task != null) {
            task.cancel(true);
            task = null;
        }
        loop.enter(() -> {
            if (retryTimer != null) {
                retryTimer.cancel();
                retryTimer = null;
            }
        });
        return ran;
    }

    private void load(int failures) {
        Resync.Why why = stale;
        if (held == null || why == null) {
            return;
        }
        stale = null;
        running = true;
        held.takeLost();
        int mine = ++run;
        if (resync instanceof SubscribeOptions.Blocking blocking) {
            task = new FutureTask<>(
                    () -> {
                        Throwable thrown = null;
                        try {
                            blocking.load().load(why);
                        } catch (Throwable e) {
                            thrown = e;
                        }
                        end(mine, why, failures, thrown);
                    },
                    null);
            loop.callbacks.addBeside(task);
            loop.callbacks.start();
            return;
        }
        CompletionStage<?> stage;
        try {
            stage = Objects.requireNonNull(resync.apply(why), "the resync returned no stage");
        } catch (Throwable e) {
            stage = CompletableFuture.failedStage(e);
        }
        stage.whenComplete((value, thrown) -> end(mine, why, failures, thrown));
    }

    private void end(int mine, Resync.Why why, int failures, @Nullable Throwable thrown) {
        loop.emit(() -> {
            if (mine != run) {
                return;
            }
            if (thrown == null) {
                onLoaded();
                return;
            }
            report.accept(
                    thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
            if (stale == null) {
                stale = why;
            }
            loop.enter(() -> {
                retryTimer = loop.after(
                        loop.delay(failures),
                        late -> loop.callbacks.add(() -> {
                            if (mine == run) {
                                load(failures + 1);
                            }
                        }));
            });
        });
    }

    /** The state is loaded: the held messages follow it, unless the state is stale again. */
    private void onLoaded() {
        Bounded rest = held;
        if (rest == null) {
            return;
        }
        long lost = rest.takeLost();
        if (lost > 0) {
            stale = new Resync.Why(Gap.consumer(lost));
            owner.onLost(lost);
        }
        if (stale != null) {
            load(0);
            return;
        }
        held = null;
        running = false;
        for (Message message; (message = rest.poll()) != null; ) {
            // Held again when a callback of an earlier message made the state stale.
            if (!hold(message)) {
                owner.deliver(message);
            }
        }
    }
}
