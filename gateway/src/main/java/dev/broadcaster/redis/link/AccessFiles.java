package dev.broadcaster.redis.link;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.tls.ClientTls;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads the files of passwords and certificates again before a connection to Redis is made. A file system that does not
 * answer, as of a server that is away, blocks the thread of this class, never the event loop: the connection is made
 * with the previous contents after a second. The thread ends when it is idle. Safe from any thread.
 */
final class AccessFiles implements AutoCloseable {
    private static final long LIMIT_MILLIS = 1_000;
    private static final long IDLE_SECONDS = 10;

    private final List<Runnable> readings;
    private final long limitMillis;
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new DefaultThreadFactory("broadcaster-access", true));
    private final AtomicReference<CompletableFuture<Void>> running = new AtomicReference<>();

    /** The files of {@code access}. */
    AccessFiles(RedisAccess access) {
        this(readings(access), LIMIT_MILLIS);
    }

    /**
     * @param readings each reads a file, and blocks meanwhile
     * @param limitMillis the longest time for which a connection waits for them
     */
    AccessFiles(List<Runnable> readings, long limitMillis) {
        this.readings = List.copyOf(readings);
        this.limitMillis = limitMillis;
        thread.allowCoreThreadTimeOut(true);
    }

    private static List<Runnable> readings(RedisAccess access) {
        List<Runnable> readings = new ArrayList<>();
        PasswordFile password = access.password();
        if (password != null) {
            readings.add(password::refresh);
        }
        PasswordFile sentinelPassword = access.sentinelPassword();
        if (sentinelPassword != null) {
            readings.add(sentinelPassword::refresh);
        }
        ClientTls tls = access.tls();
        if (tls != null) {
            readings.add(tls::refresh);
        }
        return readings;
    }

    /** Complete, never with a failure, when the files have been read, or the time is over; at once without files. */
    CompletionStage<Void> refresh() {
        if (readings.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> made = new CompletableFuture<>();
        CompletableFuture<Void> earlier = running.compareAndExchange(null, made);
        CompletableFuture<Void> result = earlier == null ? made : earlier;
        if (earlier == null) {
            try {
                thread.execute(Fatal.guarded(() -> run(made)));
            } catch (RejectedExecutionException e) {
                made.complete(null); // the node stops
            }
        }
        return result.copy().completeOnTimeout(null, limitMillis, TimeUnit.MILLISECONDS);
    }

    private void run(CompletableFuture<Void> result) {
        try {
            readings.forEach(Runnable::run);
        } finally {
            running.set(null); // before the answer: those who ask after it read again
            result.complete(null);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
