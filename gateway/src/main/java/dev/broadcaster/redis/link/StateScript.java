package dev.broadcaster.redis.link;

/** The scripts about the state of the fleet and of histories. Each returns a list of texts. */
public enum StateScript {
    /** Writes the lease of this node, and tells the living nodes (lease.lua). */
    LEASE("lease.lua"),
    /** Adds revocations (revoke.lua). */
    REVOKE("revoke.lua"),
    /** Reads all revocations (revocations.lua). */
    REVOCATIONS("revocations.lua"),
    /** Counts the messages of a history (extent.lua). */
    EXTENT("extent.lua");

    private final Script script;

    StateScript(String resource) {
        this.script = Script.named(resource);
    }

    Script script() {
        return script;
    }
}
