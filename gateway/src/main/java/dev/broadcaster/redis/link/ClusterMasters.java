package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.time.Time;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masters of a cluster, with one link each. The slots of the masters are read every 15 s, and twice per second
 * during trouble. A link to a node that no longer serves a partition is closed.
 */
final class ClusterMasters implements Topology {
    private static final long CALM_NANOS = 15_000_000_000L;
    private static final long TROUBLED_NANOS = 500_000_000L;
    private static final long RETIRING_NANOS = 4_000_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMasters.class);

    private final RedisDriver driver;
    private final RedisClusterClient cluster;
    private final Function<RedisURI, Link> newLink;
    private final Runnable onMoved;
    private final Time time;
    private final Map<String, Link> links = new HashMap<>(); // by address
    private final Map<String, Long> retiring = new HashMap<>(); // when a link lost its last partition
    private Collection<Link> masters = List.of();
    private final @Nullable Link[] served = new Link[KeyNames.PARTITIONS];
    private boolean refreshing;
    private boolean unanswered; // no node answered the last time; logged once
    private boolean troubled = true;
    private long refreshedNanos;
    private @Nullable String trouble = "the cluster: the slots are not known yet";

    /**
     * The cluster that {@code cluster} finds.
     *
     * @param newLink makes the link to an address
     * @param onMoved called when a partition is served by another link than before
     */
    ClusterMasters(
            RedisDriver driver,
            RedisClusterClient cluster,
            Function<RedisURI, Link> newLink,
            Runnable onMoved,
            Time time) {
        this.driver = driver;
        this.cluster = cluster;
        this.newLink = newLink;
        this.onMoved = onMoved;
        this.time = time;
        this.refreshedNanos = time.nanos() - CALM_NANOS;
    }

    @Override
    public @Nullable Link link(int partition) {
        return served[partition];
    }

    @Override
    public Collection<Link> links() {
        return links.values();
    }

    @Override
    public Collection<Link> masters() {
        return masters;
    }

    @Override
    public @Nullable String trouble(long now) {
        if (trouble != null) {
            return trouble;
        }
        for (Link link : served) {
            String reason = link == null ? null : link.trouble(now);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    @Override
    public void onMoved() {
        troubled = true;
    }

    /**
     * A master that was stopped and replaced accepts publishes until it learns of the replacement, and no other node
     * would get them. Therefore the other nodes are asked first.
     */
    @Override
    public void onLate(Link link) {
        link.proof().doubt();
        troubled = true;
    }

    @Override
    public void onTick(long now) {
        retire(now);
        for (Link link : links.values()) {
            link.onTick(now);
            troubled |= link.trouble(now) != null;
        }
        if (!refreshing && now - refreshedNanos >= (troubled ? TROUBLED_NANOS : CALM_NANOS)) {
            refreshing = true;
            troubled = false;
            Answers.takeOn(
                    driver.executor(),
                    driver.refreshPartitions(cluster),
                    (nothing, failure) -> onRefreshed(now, failure));
        }
    }

    private void onRefreshed(long askedNanos, @Nullable Throwable failure) {
        refreshing = false;
        refreshedNanos = time.nanos();
        if (failure != null) {
            troubled = true;
            if (links.isEmpty()) {
                trouble = "the cluster: no node has answered";
            }
            if (!unanswered) {
                unanswered = true;
                LOG.warn("Redis cluster: no node returned the slots: {}", Answers.error(failure));
            }
            return;
        }
        unanswered = false;
        route();
        links.values().forEach(link -> link.proof().confirm(askedNanos));
    }

    /** Makes the needed links, and notifies the listener if a partition has moved. */
    private void route() {
        int unserved = 0;
        Map<String, Link> needed = new HashMap<>();
        boolean moved = false;
        for (int partition = 0; partition < KeyNames.PARTITIONS; partition++) {
            RedisClusterNode node = cluster.getPartitions().getPartitionBySlot(KeyNames.slot(partition));
            Link link = null;
            if (node == null) {
                unserved++;
            } else {
                String address = node.getUri().getHost() + ':' + node.getUri().getPort();
                link = links.computeIfAbsent(address, name -> newLink.apply(node.getUri()));
                needed.put(address, link);
            }
            moved |= served[partition] != link;
            served[partition] = link;
        }
        masters = List.copyOf(needed.values());
        trouble = unserved == 0
                ? null
                : "the cluster: no master serves " + unserved + " of " + KeyNames.PARTITIONS + " partitions";
        troubled |= unserved > 0;
        if (moved) {
            onMoved.run();
        }
        long now = time.nanos();
        links.forEach((address, link) -> {
            if (needed.containsKey(address)) {
                retiring.remove(address);
            } else {
                retiring.putIfAbsent(address, now);
            }
        });
    }

    /** A link that serves no partition stays for a while: its channels move one by one. */
    private void retire(long now) {
        retiring.entrySet().removeIf(entry -> {
            if (now - entry.getValue() < RETIRING_NANOS) {
                return false;
            }
            Link link = links.remove(entry.getKey());
            if (link != null) {
                LOG.info("Redis {}: serves no partition any more, closing", link.name());
                link.close();
            }
            return true;
        });
    }

    @Override
    public void close() {
        links.values().forEach(Link::close);
        links.clear();
        var unused = cluster.shutdownAsync();
    }
}
