/**
 * Gatling simulations of the load of clients and servers on a node or a fleet, which check that no message is lost.
 * README.md describes how to run one.
 */
@NullMarked
package dev.broadcaster.load;

import org.jspecify.annotations.NullMarked;
