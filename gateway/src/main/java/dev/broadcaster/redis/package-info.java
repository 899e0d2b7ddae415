/**
 * The relay of a fleet of nodes joined by Redis or Valkey. Three packages do its work: {@code wire} (bytes and names),
 * {@code link} (connections to Redis, publishes) and {@code channel} (the channels that this node receives).
 */
@NullMarked
package dev.broadcaster.redis;

import org.jspecify.annotations.NullMarked;
