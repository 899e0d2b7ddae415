/**
 * Carries messages between nodes, or inside the one node there is. It gives every channel one order for all who receive
 * it.
 */
@NullMarked
package dev.broadcaster.relay;

import org.jspecify.annotations.NullMarked;
