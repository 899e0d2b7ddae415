package dev.broadcaster.redis.link;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One connection to Redis, made again when it ends. Owned by the event loop. */
final class Uplink<C extends StatefulConnection<CharSequence, Object>> {
    private static final long FIRST_RETRY_NANOS = 50_000_000L;
    private static final long LAST_RETRY_NANOS = 1_000_000_000L;

    private final EventExecutor loop;
    private final Supplier<CompletionStage<C>> connect;
    private final String use;
    private final Consumer<C> onUp;
    private final Runnable onDown;
    private final Problem problem;
    private final Time time;
    private final RandomGenerator random;
    private @Nullable C connection;
    private long retryNanos = FIRST_RETRY_NANOS; // the longest delay after the next failure
    private long failedNanos;
    private long waitNanos; // after the last failure; 0 if nothing has failed
    private boolean connecting;
    private boolean closed;

    /**
     * A connection that is made at the first tick, and again after its end. A failed attempt is repeated after 50 ms,
     * then twice as long each time up to a second; each delay is shortened at random, so that the nodes of a fleet do
     * not connect together.
     *
     * @param use one word for logs
     * @param onUp called with a new connection, on the event loop
     * @param onDown called when the connection has ended, or was dropped, on the event loop
     * @param problem called with the reason why no connection can be made, and when one has ended
     */
    Uplink(
            LinkContext context,
            Supplier<CompletionStage<C>> connect,
            String use,
            Consumer<C> onUp,
            Runnable onDown,
            Problem problem) {
        this.loop = context.executor();
        this.time = context.time();
        this.random = context.random();
        this.connect = connect;
        this.use = use;
        this.onUp = onUp;
        this.onDown = onDown;
        this.problem = problem;
    }

    /** The connection, or null while there is none. */
    @Nullable
    C connection() {
        return connection;
    }

    /** Connects if there is no connection, and the delay after a failure has passed. */
    void onTick(long now) {
        if (closed || connecting || connection != null || (waitNanos != 0 && now - failedNanos < waitNanos)) {
            return;
        }
        connecting = true;
        Answers.takeOn(loop, connect.get(), this::onConnected);
    }

    /** The connection works: the delay after the next failure is short again. */
    void onProved() {
        retryNanos = FIRST_RETRY_NANOS;
    }

    void flush() {
        if (connection != null) {
            connection.flushCommands();
        }
    }

    /** Ends the connection; another one is made. */
    void drop() {
        C ended = connection;
        if (ended != null) {
            connection = null;
            onFailure();
            var unused = ended.closeAsync();
            onDown.run();
        }
    }

    void close() {
        closed = true;
        drop();
    }

    private void onFailure() {
        failedNanos = time.nanos();
        waitNanos = retryNanos / 2 + random.nextLong(retryNanos / 2);
        retryNanos = Math.min(LAST_RETRY_NANOS, retryNanos * 2);
    }

    private void onConnected(@Nullable C made, @Nullable Throwable failure) {
        connecting = false;
        if (made == null) {
            onFailure();
            problem.onFailed(failure);
            return;
        }
        if (closed) {
            var unused = made.closeAsync();
            return;
        }
        connection = made;
        made.addListener(new RedisConnectionStateListener() {
            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> gone) {
                if (loop.inEventLoop()) {
                    onGone(made);
                } else {
                    loop.execute(Fatal.guarded(() -> onGone(made)));
                }
            }
        });
        if (!made.isOpen()) {
            loop.execute(Fatal.guarded(() -> onGone(made))); // it ended before the listener was added
        }
        onUp.accept(made);
    }

    private void onGone(C gone) {
        if (connection == gone) {
            drop();
            problem.onGone(use);
        }
    }
}
