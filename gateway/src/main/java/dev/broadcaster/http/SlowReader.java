package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import java.io.Closeable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/** A client that does not take its answer, which nothing else would end. */
final class SlowReader {
    /** How long a client may take to make room for what waits. */
    private static final int TIMEOUT_SECONDS = 10;

    private SlowReader() {}

    /** Cuts {@code connection} after a while, on {@code thread}, if the client {@code isWaitedFor} then; the key takes it back. */
    static XnioExecutor.Key cutLater(
            XnioExecutor thread, BooleanSupplier isWaitedFor, @Nullable Closeable connection, Metrics metrics) {
        return thread.executeAfter(
                () -> {
                    if (isWaitedFor.getAsBoolean()) {
                        metrics.countRefusal(Refusal.SLOW_READER);
                        IoUtils.safeClose(connection);
                    }
                },
                TIMEOUT_SECONDS,
                TimeUnit.SECONDS);
    }
}
