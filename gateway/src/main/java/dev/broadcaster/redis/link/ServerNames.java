package dev.broadcaster.redis.link;

import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names of the servers for the script, which detects by them that another server has taken over a history. A
 * restarted server has another name. Owned by the event loop.
 */
final class ServerNames {
    private static final Logger LOG = LoggerFactory.getLogger(ServerNames.class);

    private final Topology topology;
    private final RandomGenerator random;

    ServerNames(Topology topology, RandomGenerator random) {
        this.topology = topology;
        this.random = random;
    }

    /**
     * Requests the name of the server on a new connection for commands, before a message with a history is published.
     */
    void greet(Link link, StatefulRedisConnection<CharSequence, Object> connection) {
        Answers.take(connection.async().info("server"), (info, failure) -> {
            if (link.commands() == connection) {
                link.serverName(name(info));
            }
        });
    }

    /** The server of {@code link}, then the others, which hand over channels to it in orderly moves. */
    byte[] from(Link link) {
        StringBuilder names = new StringBuilder(link.serverName());
        for (Link other : topology.masters()) {
            if (other != link) {
                names.append(' ').append(other.serverName());
            }
        }
        return names.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** True if the server with this name serves a partition. */
    boolean isServing(String name) {
        return topology.masters().stream()
                .anyMatch(link -> name.equals(link.serverName())
                        || name.equals(Answers.serverName(link.source().serverId())));
    }

    /** Without a name each connection counts as another server, and starts new histories. */
    private String name(@Nullable String info) {
        String id = Answers.process(info);
        if (id == null) {
            LOG.warn("Redis refuses INFO: histories end with the connection to Redis");
            return "x" + Long.toHexString(random.nextLong());
        }
        return Answers.serverName(id);
    }
}
