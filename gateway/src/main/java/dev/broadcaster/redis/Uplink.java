package dev.broadcaster.redis;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One connection to Redis, made again whenever it ends. Owned by the event loop. */
final class Uplink<C extends StatefulConnection<String, Value>> {
    /** Who wants to know. Called on the event loop. */
    interface Listener<C> {
        /** A fresh connection is there. */
        void onUp(C connection);

        /** The connection is gone: it ended, or was dropped. */
        void onDown();
    }

    private final EventExecutor loop;
    private final Supplier<CompletionStage<C>> connect;
    private final String use;
    private final Listener<C> listener;
    private final Problem problem;
    private final Time time;
    private final Retry retry;
    private @Nullable C connection;
    private boolean connecting;
    private boolean closed;

    /**
     * A connection that is made when it is time to.
     *
     * @param use what it is for, in a word for logs
     * @param problem hears why none comes about, and that one has ended
     */
    Uplink(
            EventExecutor loop,
            Supplier<CompletionStage<C>> connect,
            String use,
            Listener<C> listener,
            Problem problem,
            Time time,
            Retry retry) {
        this.loop = loop;
        this.connect = connect;
        this.use = use;
        this.listener = listener;
        this.problem = problem;
        this.time = time;
        this.retry = retry;
    }

    /** The connection, or null while there is none. */
    @Nullable
    C connection() {
        return connection;
    }

    /** Connects if it is time to. */
    void onTick(long now) {
        if (closed || connecting || connection != null || !retry.isDue(now)) {
            return;
        }
        connecting = true;
        Answers.takeOn(loop, connect.get(), this::onConnected);
    }

    /** The connection has done its work: the next one need not wait longer than the first did. */
    void onProved() {
        retry.succeeded();
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
            retry.failed(time.nanos());
            var unused = ended.closeAsync();
            listener.onDown();
        }
    }

    void close() {
        closed = true;
        drop();
    }

    private void onConnected(@Nullable C made, @Nullable Throwable failure) {
        connecting = false;
        if (made == null) {
            retry.failed(time.nanos());
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
            loop.execute(Fatal.guarded(() -> onGone(made))); // it ended before anybody listened
        }
        listener.onUp(made);
    }

    private void onGone(C gone) {
        if (connection == gone) {
            drop();
            problem.onGone(use);
        }
    }
}
