/**
 * Gatling simulations of what clients and servers do to a node or a fleet, and the checks that nothing got lost on the
 * way. README.md says how to run one.
 */
@NullMarked
package dev.broadcaster.load;

import org.jspecify.annotations.NullMarked;
