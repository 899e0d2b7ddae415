package dev.broadcaster.redis;

import dev.broadcaster.redis.link.RedisAccess;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.redis.wire.KeyNames;

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

    KeyNames names() {
        return new KeyNames(prefix, url.database());
    }
}
