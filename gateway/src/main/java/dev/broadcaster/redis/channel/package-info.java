/**
 * The channels that this node receives: subscribed, counted, in order, repaired from the history, replayed. One state
 * machine per channel, which uses Redis only as a {@link dev.broadcaster.redis.link.Source}.
 */
@NullMarked
package dev.broadcaster.redis.channel;

import org.jspecify.annotations.NullMarked;
