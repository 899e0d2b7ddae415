/** Carries messages between nodes, or inside a single node. It gives every channel one order for all subscribers. */
@NullMarked
package dev.broadcaster.relay;

import org.jspecify.annotations.NullMarked;
