package dev.broadcaster.http;

import dev.broadcaster.relay.Relay;
import org.jspecify.annotations.Nullable;

/** Whether this node may take traffic (PROTOCOL section 8). Safe from any thread. */
public final class Readiness {
    private final Relay relay;
    private volatile boolean draining;

    public Readiness(Relay relay) {
        this.relay = relay;
    }

    /** From now on the node is not ready, for good. */
    public void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /** Why not, for an operator; null while the node is ready. */
    @Nullable
    String trouble() {
        return draining ? "draining" : relay.trouble();
    }
}
