package dev.broadcaster.redis;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Which Redis serves which part of the channels. Owned by the event loop. */
sealed interface Topology permits SingleMaster, ClusterMasters {
    /** The link that serves a part, or null while nobody is known to. */
    @Nullable
    Link link(int tag);

    /** Every link, also one that serves nothing any more. */
    Collection<Link> links();

    /** The links that serve some part. */
    Collection<Link> masters();

    /** Why some part can't be served, or null. */
    @Nullable
    String trouble(long now);

    /** Called every tenth of a second. */
    void onTick(long now);

    /** Redis said that a part is served by somebody else, or by nobody. */
    void onMoved();

    /** A link was silent for so long that what it serves may be served by another by now. */
    void onLate(Link link);

    void close();
}
