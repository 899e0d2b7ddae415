/**
 * Local subscriptions and fan-out, one shard per I/O thread. A message gets its position in its channel here, from
 * which the seq of every subscription follows.
 */
@NullMarked
package dev.broadcaster.hub;

import org.jspecify.annotations.NullMarked;
