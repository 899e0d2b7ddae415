package dev.broadcaster.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.broadcaster.time.Fatal;
import io.undertow.server.HttpServerExchange;
import org.jspecify.annotations.Nullable;

/**
 * Passes an answer that comes at once or later, from any thread, to the exchange's I/O thread. Undertow ends an
 * exchange whose handler returns without an answer, unless it was told that one will come.
 */
final class AnswerOnce {
    private final HttpServerExchange exchange;

    @GuardedBy("this")
    private @Nullable Runnable early;

    @GuardedBy("this")
    private boolean returned;

    AnswerOnce(HttpServerExchange exchange) {
        this.exchange = exchange;
    }

    /** Answers by running {@code answer} on the I/O thread. Called once, on any thread. */
    void with(Runnable answer) {
        synchronized (this) {
            if (!returned) {
                early = answer;
                return;
            }
        }
        exchange.getIoThread().execute(Fatal.guarded(answer));
    }

    /** The handler returns. On the I/O thread. */
    void handlerReturns() {
        Runnable answer = returned();
        if (answer != null) {
            answer.run();
        } else if (!exchange.isDispatched()) {
            exchange.dispatch(exchange.getIoThread(), () -> {});
        }
    }

    private synchronized @Nullable Runnable returned() {
        returned = true;
        return early;
    }
}
