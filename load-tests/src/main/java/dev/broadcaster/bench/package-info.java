/**
 * The cost of a delivery: the gateway and a bare loop, loaded in turn over the real wire, each delivery checked, the
 * CPU of the server read from the kernel. {@code FanoutBenchmark} is the program.
 */
@NullMarked
package dev.broadcaster.bench;

import org.jspecify.annotations.NullMarked;
