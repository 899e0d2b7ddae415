/**
 * The channels that this node receives: subscribed, counted, in order, repaired from the history, replayed. A state machine
 * per channel that knows Redis as a {@link dev.broadcaster.redis.link.Source} only.
 */
@NullMarked
package dev.broadcaster.redis.channel;

import org.jspecify.annotations.NullMarked;
