/**
 * A fleet of nodes joined by a real Redis, and its faults: one test class per fault, named after it. The bench
 * (RedisServer, RedisCluster, FaultProxy, Fleet) makes real faults; Traffic and the Checker compare every message of a
 * test with the promises.
 */
@NullMarked
package dev.broadcaster.fleet;

import org.jspecify.annotations.NullMarked;
