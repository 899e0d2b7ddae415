/**
 * The connections to Redis: made again when they end, proved by probes, with the publishes in flight. The only package that
 * knows Lettuce; {@link dev.broadcaster.redis.link.Source} is what the channels see of it.
 */
@NullMarked
package dev.broadcaster.redis.link;

import org.jspecify.annotations.NullMarked;
