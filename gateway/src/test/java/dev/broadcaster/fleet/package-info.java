/**
 * A fleet of nodes joined by a real Redis, and what goes wrong with it: one test class a fault, named after it. The bench
 * (RedisServer, RedisCluster, FaultProxy, Fleet) makes real faults; Traffic and the Checker hold every message of a test
 * to the promises.
 */
@NullMarked
package dev.broadcaster.fleet;

import org.jspecify.annotations.NullMarked;
