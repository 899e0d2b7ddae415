package dev.broadcaster.redis;

import dev.broadcaster.redis.link.Finding;
import dev.broadcaster.redis.link.RedisAccess;
import dev.broadcaster.redis.link.RedisCheck;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.redis.wire.KeyNames;
import java.util.function.Consumer;

/**
 * The Redis that joins the nodes of a fleet.
 *
 * @param url its address
 * @param access what it needs besides the address
 * @param prefix the start of the names of all keys and topics; the same on every node of a fleet
 */
public record RedisConfig(RedisUrl url, RedisAccess access, String prefix) {
    /** One that needs only what the address says. */
    public RedisConfig(RedisUrl url, String prefix) {
        this(url, RedisAccess.NONE, prefix);
    }

    /**
     * Tries this Redis as a node would use it.
     *
     * @param histories true if channels have a history
     */
    public RedisCheck check(boolean histories, Consumer<Finding> report) {
        return new RedisCheck(url, access, names(), prefix, histories, report);
    }

    KeyNames names() {
        return new KeyNames(prefix, url.database());
    }
}
