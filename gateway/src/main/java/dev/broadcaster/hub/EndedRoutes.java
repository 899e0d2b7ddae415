package dev.broadcaster.hub;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the last ended routes had encoded: a client that unsubscribes and recovers repeatedly would otherwise have the
 * whole history encoded each time, for the price of two short requests. Keeps no message from garbage collection. Safe
 * from any thread.
 */
final class EndedRoutes {
    private static final int MAX = 256;

    @GuardedBy("this")
    private final Map<String, WeakReference<RecoveredMessages>> recovered = new LinkedHashMap<>();

    /** A new route of {@code channel}. */
    synchronized Route resume(String channel) {
        return new Route(recovered.remove(channel));
    }

    /** The route of {@code channel} has ended. */
    synchronized void onEnd(String channel, Route route) {
        WeakReference<RecoveredMessages> kept = route.recovered();
        if (kept == null || kept.get() == null) {
            return;
        }
        recovered.put(channel, kept);
        if (recovered.size() > MAX) {
            String oldest = recovered.keySet().iterator().next();
            recovered.remove(oldest);
        }
    }
}
