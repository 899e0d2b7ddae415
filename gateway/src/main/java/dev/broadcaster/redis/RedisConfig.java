package dev.broadcaster.redis;

import io.lettuce.core.RedisURI;
import java.util.List;

/**
 * The Redis that joins the nodes of a fleet.
 *
 * @param url where it is
 * @param prefix what the names of all keys and topics begin with; the same on every node of a fleet
 */
public record RedisConfig(RedisUrl url, String prefix) {
    KeyNames names() {
        return new KeyNames(prefix, url.database());
    }

    List<RedisURI> uris() {
        return url.uris();
    }
}
