package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The callers that wait until a client is connected, or a handle is live. Guarded by the client's lock. */
final class Waiters {
    private final Loop loop;
    private List<Promise<@Nullable Void>> waiting = new ArrayList<>();

    /** The present state of what is waited for. */
    interface Look {
        /** The reason why it does not become ready; null if it may. */
        @Nullable
        BroadcasterException error();

        boolean isReady();
    }

    Waiters(Loop loop) {
        this.loop = loop;
    }

    /** One more caller. Safe for use by any thread. */
    CompletableFuture<@Nullable Void> add(Look look) {
        var promise = new Promise<@Nullable Void>(loop.callbacks);
        promise.onCancel(() -> loop.enter(() -> {
            waiting.remove(promise);
        }));
        loop.enter(() -> {
            BroadcasterException error = look.error();
            if (error != null || look.isReady()) {
                promise.settle(null, error);
            } else {
                waiting.add(promise);
            }
        });
        return promise;
    }

    /** All callers have what they wait for, or get the error. */
    void settle(@Nullable BroadcasterException error) {
        var ended = waiting;
        waiting = new ArrayList<>();
        ended.forEach(promise -> promise.settle(null, error));
    }
}
