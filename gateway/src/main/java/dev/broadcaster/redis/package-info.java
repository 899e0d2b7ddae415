/**
 * The relay of a fleet: nodes joined by Redis or Valkey. Every message of a channel gets an offset there, in one atomic
 * step with its publish, and every node knows from the offsets what it has missed.
 */
@NullMarked
package dev.broadcaster.redis;

import org.jspecify.annotations.NullMarked;
