package dev.broadcaster.redis.link;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One Redis serves all partitions: the one at an address, or the one that the sentinels name when a connection is made.
 */
final class SingleMaster implements Topology {
    private final Link link;

    SingleMaster(Link link) {
        this.link = link;
    }

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
