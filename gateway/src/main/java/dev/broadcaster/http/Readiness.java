package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.Relay;
import org.jspecify.annotations.Nullable;

/** Whether this node may take traffic (PROTOCOL section 8). Safe from any thread. */
public final class Readiness {
    private final Relay relay;
    private volatile boolean draining;

    public Readiness(Relay relay, Metrics metrics) {
        this.relay = relay;
        metrics.gauge("ready", "", "1 while the node may take traffic", this, node -> node.trouble() == null ? 1 : 0);
        metrics.gauge("draining", "", "1 while the node sends its clients away", this, node -> node.draining ? 1 : 0);
    }

    /** From now on the node is not ready, for good. */
    public void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /** Why not, for anybody: nothing of what stands behind the node; null while it is ready. */
    @Nullable
    String publicTrouble() {
        String trouble = trouble();
        return trouble == null || draining ? trouble : "not ready: relay";
    }

    /** Why not, for an operator; null while the node is ready. */
    @Nullable
    String trouble() {
        return draining ? "draining" : relay.trouble();
    }
}
