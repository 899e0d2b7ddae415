package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The current token, and the request for the next one: one call of the provider at a time, for all callers. Guarded by
 * the client's lock.
 */
final class Tokens {
    private static final long PROVIDER_MILLIS = 15_000;
    /** With less left, a reconnect takes a new token. */
    private static final long SPARE_MILLIS = 30_000;

    private static final long LEAST_REFRESH_MILLIS = 1_000;

    private final Loop loop;
    private Source source;
    private @Nullable String current;
    private long expiresAt = Long.MAX_VALUE;
    private int attempt;
    /** The current call of the provider. */
    private @Nullable Call call;

    /** The source of tokens. */
    interface Source {
        /** Starts to get a token. Called without the client's lock, and may block. */
        CompletionStage<String> token(TokenReason reason) throws Exception;

        /** True if there can be another token than the first. */
        default boolean isDynamic() {
            return true;
        }
    }

    /** Receives a requested token: one of the two is null. */
    interface Done {
        void on(@Nullable String token, @Nullable Throwable error);
    }

    private static final class Call {
        final TokenReason reason;
        final List<Done> waiting = new ArrayList<>();
        final AtomicReference<@Nullable FutureTask<?>> task = new AtomicReference<>();
        Clock.@Nullable Cancel timer;

        Call(TokenReason reason) {
            this.reason = reason;
        }
    }

    /** A token that never changes. It is given again only to a client that starts again. */
    static final class Fixed implements Source {
        private final String token;
        private final AtomicBoolean given = new AtomicBoolean();

        Fixed(String token) {
            this.token = Objects.requireNonNull(token, "token");
        }

        @Override
        public CompletionStage<String> token(TokenReason reason) {
            if (given.getAndSet(true) && reason.kind() != TokenReason.Kind.START) {
                throw new BroadcasterException.Unauthorized("the token has ended, and there is no other");
            }
            if (!Names.isToken(token.strip())) {
                throw new BroadcasterException.Unauthorized("the token is not three parts with dots between them");
            }
            return CompletableFuture.completedStage(token);
        }

        @Override
        public boolean isDynamic() {
            return false;
        }
    }

    Tokens(Loop loop, Source source) {
        this.loop = loop;
        this.source = source;
    }

    @Nullable
    String current() {
        return current;
    }

    boolean isDynamic() {
        return source.isDynamic();
    }

    /** True if the current token has ended, but for the leeway of the node. */
    boolean isOver() {
        return expiresAt <= loop.now();
    }

    boolean isUsable() {
        return current != null && expiresAt - loop.now() >= SPARE_MILLIS;
    }

    /** Replaces the source. A request that waits for the old one gets the answer of the new one. */
    void set(Source next) {
        source = next;
        drop();
        Call replaced = call;
        if (replaced != null) {
            stop();
            begin(replaced.reason, replaced.waiting);
        }
    }

    void drop() {
        current = null;
        expiresAt = Long.MAX_VALUE;
    }

    /**
     * The node has accepted the token. {@code expiresIn}: its lifetime in milliseconds, or null if the node does not
     * send it.
     */
    void onAccepted(@Nullable Long expiresIn) {
        attempt = 0;
        expiresAt = expiresIn == null ? Long.MAX_VALUE : loop.now() + expiresIn;
    }

    /** Milliseconds after which to refresh a token: before its end, and not at the same time for all clients. */
    long refreshAfter(long expiresIn) {
        long ahead = Math.max(30_000, expiresIn / 10) + loop.upTo(expiresIn / 20.0);
        // A token of less than a minute, or one that has ended but for the leeway, is not asked for again and again.
        return Math.max(LEAST_REFRESH_MILLIS, Math.max(expiresIn - ahead, expiresIn / 4));
    }

    void ask(TokenReason reason, Done done) {
        if (call != null) {
            // The current call does not include these channels.
            call.waiting.add(reason.channels().isEmpty() ? done : (token, error) -> ask(reason, done));
            return;
        }
        begin(reason, List.of(done));
    }

    private void begin(TokenReason reason, List<Done> waiting) {
        var mine = new Call(reason);
        mine.waiting.addAll(waiting);
        call = mine;
        mine.timer = loop.deadline(
                PROVIDER_MILLIS,
                () -> settle(mine, null, new BroadcasterException.Timeout("no token in " + PROVIDER_MILLIS + " ms")));
        var counted = new TokenReason(reason.kind(), reason.channels(), ++attempt);
        Source from = source;
        Callable<@Nullable Void> get = () -> {
            run(from, counted, mine);
            return null;
        };
        var task = new FutureTask<>(get);
        mine.task.set(task);
        loop.callbacks.addBeside(task);
    }

    private void run(Source from, TokenReason reason, Call mine) {
        CompletionStage<String> stage;
        try {
            stage = Objects.requireNonNull(from.token(reason), "the provider returned no stage");
        } catch (Throwable e) {
            stage = CompletableFuture.failedStage(e);
        }
        stage.whenComplete((token, error) -> loop.enter(() -> {
            mine.task.set(null); // It has ended, and may be the caller of this: must not be interrupted.
            settle(mine, token, error);
        }));
    }

    private void settle(Call mine, @Nullable String given, @Nullable Throwable thrown) {
        if (call != mine) {
            return;
        }
        String token = given == null ? null : given.strip();
        stop();
        Throwable error =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        if (error == null && !Names.isToken(token)) {
            error = new BroadcasterException.Invalid(
                    "the provider gave no token (expected: three parts with dots between them)");
        }
        if (error == null && !Objects.equals(token, current)) {
            drop();
            current = token;
        }
        Throwable failed = error;
        mine.waiting.forEach(done -> done.on(failed == null ? token : null, failed));
    }

    /** Stops all waiting requests. */
    void stop() {
        Call gone = call;
        call = null;
        if (gone != null) {
            if (gone.timer != null) {
                gone.timer.cancel();
            }
            FutureTask<?> task = gone.task.get();
            if (task != null) {
                task.cancel(true);
            }
        }
    }
}
