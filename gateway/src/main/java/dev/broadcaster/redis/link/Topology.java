package dev.broadcaster.redis.link;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The links, by the partitions that they serve. Owned by the event loop. */
sealed interface Topology permits Topology.Single, ClusterMasters {
    /** The link that serves a partition; null if none is known. */
    @Nullable
    Link link(int partition);

    /** All links, also those that serve no partition any more. */
    Collection<Link> links();

    /** The links that serve a partition. */
    Collection<Link> masters();

    /** The reason why a partition cannot be served, for an operator; null if all can. */
    @Nullable
    String trouble(long now);

    /** Called ten times per second. */
    void onTick(long now);

    /** Redis has reported that it does not serve a partition. */
    void onMoved();

    /** A link was silent for so long that another one may serve its partitions now. */
    void onLate(Link link);

    void close();

    /**
     * One Redis serves all partitions: the one at an address, or the one that the sentinels name when a connection is
     * made.
     */
    record Single(Link link) implements Topology {
        @Override
        public Link link(int partition) {
            return link;
        }

        @Override
        public Collection<Link> links() {
            return List.of(link);
        }

        @Override
        public Collection<Link> masters() {
            return links();
        }

        @Override
        public @Nullable String trouble(long now) {
            return link.trouble(now);
        }

        @Override
        public void onTick(long now) {
            link.onTick(now);
        }

        @Override
        public void onMoved() {}

        /** There is no other server to ask. */
        @Override
        public void onLate(Link late) {}

        @Override
        public void close() {
            link.close();
        }
    }
}
