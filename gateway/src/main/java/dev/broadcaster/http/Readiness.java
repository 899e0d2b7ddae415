package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.Relay;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether this node may take traffic (PROTOCOL section 8). Safe from any thread. */
public final class Readiness {
    private final Relay relay;
    private final Supplier<@Nullable String> keyTrouble;
    private volatile boolean draining;

    /** @param keyTrouble why no token can be verified, or null */
    public Readiness(Relay relay, Supplier<@Nullable String> keyTrouble, Metrics metrics) {
        this.relay = relay;
        this.keyTrouble = keyTrouble;
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
        if (draining) {
            return "draining";
        }
        return relay.trouble() != null ? "not ready: relay" : keyTrouble.get() != null ? "not ready: keys" : null;
    }

    /** Why not, for an operator; null while the node is ready. */
    @Nullable
    String trouble() {
        if (draining) {
            return "draining";
        }
        String trouble = relay.trouble();
        return trouble != null ? trouble : keyTrouble.get();
    }
}
