/**
 * Local subscriptions and fan-out, one shard an I/O thread. Here a message gets its position in its channel, from which
 * every subscription's seq follows.
 */
@NullMarked
package dev.broadcaster.hub;

import org.jspecify.annotations.NullMarked;
