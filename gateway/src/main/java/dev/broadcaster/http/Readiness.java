package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.Relay;
import org.jspecify.annotations.Nullable;

/** Tells if this node may accept traffic (PROTOCOL section 8). Safe from any thread. */
public final class Readiness {
    private final Relay relay;
    private volatile boolean draining;

    public Readiness(Relay relay, Metrics metrics) {
        this.relay = relay;
        metrics.gauge("ready", "", "1 while the node may take traffic", this, node -> node.trouble() == null ? 1 : 0);
        metrics.gauge("draining", "", "1 while the node sends its clients away", this, node -> node.draining ? 1 : 0);
    }

    /** Makes the node not ready, permanently. */
    public void drain() {
        draining = true;
    }

    boolean isDraining() {
        return draining;
    }

    /** The public reason why the node is not ready, without details of Redis; null while it is ready. */
    @Nullable
    String publicTrouble() {
        String trouble = trouble();
        return trouble == null || draining ? trouble : "not ready: relay";
    }

    /** The reason why the node is not ready, for an operator; null while it is ready. */
    @Nullable
    String trouble() {
        return draining ? "draining" : relay.trouble();
    }
}
