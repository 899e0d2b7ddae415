/**
 * The connections to Redis: made again when they end, proved by probes, with the publishes in flight. The only package
 * that uses Lettuce; {@link dev.broadcaster.redis.link.Source} is its interface for the channels.
 */
@NullMarked
package dev.broadcaster.redis.link;

import org.jspecify.annotations.NullMarked;
