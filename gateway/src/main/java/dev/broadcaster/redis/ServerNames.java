package dev.broadcaster.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the script calls the servers, so that a history knows when another one has taken it over. A name belongs to one
 * process: who restarts has another. Owned by the event loop.
 */
final class ServerNames {
    private static final Logger LOG = LoggerFactory.getLogger(ServerNames.class);

    /** So much of a process's own name tells it from all others. */
    private static final int LENGTH = 12;

    private final Topology topology;
    private final SubscriptionCommands subscriptions;
    private final RandomGenerator random;

    ServerNames(Topology topology, SubscriptionCommands subscriptions, RandomGenerator random) {
        this.topology = topology;
        this.subscriptions = subscriptions;
        this.random = random;
    }

    /** Asks who answers on a fresh connection for commands: before anything is published there that a history keeps. */
    void greet(Link link, StatefulRedisConnection<String, Value> connection) {
        Answers.take(connection.async().info("server"), (info, failure) -> {
            if (link.commands() == connection) {
                link.serverName(name(info));
            }
        });
    }

    /** The server that answers, and all the others whose channels move in good order when they move. */
    byte[] from(Link link) {
        StringBuilder names = new StringBuilder(link.serverName());
        for (Link other : topology.masters()) {
            if (other != link) {
                names.append(' ').append(other.serverName());
            }
        }
        return names.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** The server that answers on the connection for subscriptions; null if it has no name yet. */
    @Nullable
    String ofSubscriptions(Link link) {
        String id = subscriptions.serverId(link);
        // Not allowed to ask: then it is the one that was given to the connection for commands.
        String name = id.isEmpty() || id.indexOf(' ') >= 0 ? link.serverName() : shortened(id);
        return name.equals(Link.UNKNOWN) ? null : name;
    }

    /** Whether the server of this name serves any part. */
    boolean isServing(String name) {
        return topology.masters().stream()
                .anyMatch(
                        link -> name.equals(link.serverName()) || name.equals(shortened(subscriptions.serverId(link))));
    }

    /** Without a name every connection counts as another server, and each begins the histories anew. */
    private String name(@Nullable String info) {
        String id = ServerId.of(info);
        if (id == null) {
            LOG.warn("Redis does not answer INFO: no history will outlive a connection");
            return "x" + Long.toHexString(random.nextLong());
        }
        return shortened(id);
    }

    private static String shortened(String id) {
        return id.substring(0, Math.min(id.length(), LENGTH));
    }
}
