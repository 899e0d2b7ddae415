package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.Relay;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Tells if this node may accept traffic (PROTOCOL section 8). Safe from any thread. */
public final class Readiness {
    private final Relay relay;
    private final Supplier<@Nullable String> fleetTrouble;
    private final Supplier<@Nullable String> keyTrouble;
    private volatile boolean draining;

    /**
     * The readiness of a node.
     *
     * @param fleetTrouble the reason why this node may not know all revocations; null if it does
     * @param keyTrouble the reason why no token can be verified; null if some can
     */
    public Readiness(
            Relay relay,
            Supplier<@Nullable String> fleetTrouble,
            Supplier<@Nullable String> keyTrouble,
            Metrics metrics) {
        this.relay = relay;
        this.fleetTrouble = fleetTrouble;
        this.keyTrouble = keyTrouble;
        metrics.gauge("ready", "", "1 while the node accepts traffic", this, node -> node.trouble() == null ? 1 : 0);
        metrics.gauge("draining", "", "1 while the node closes its clients", this, node -> node.draining ? 1 : 0);
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
        if (draining) {
            return "draining";
        }
        if (relay.trouble() != null || fleetTrouble.get() != null) {
            return "not ready: relay";
        }
        return keyTrouble.get() != null ? "not ready: keys" : null;
    }

    /** The reason why the node is not ready, for an operator; null while it is ready. */
    @Nullable
    String trouble() {
        if (draining) {
            return "draining";
        }
        String trouble = relay.trouble();
        if (trouble == null) {
            trouble = fleetTrouble.get();
        }
        return trouble != null ? trouble : keyTrouble.get();
    }
}
