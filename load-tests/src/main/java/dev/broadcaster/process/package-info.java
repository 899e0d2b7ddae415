/**
 * The load targets: nodes as separate processes, with their tokens and keys. Uses the gateway by its jar and its
 * protocol only.
 */
@NullMarked
package dev.broadcaster.process;

import org.jspecify.annotations.NullMarked;
