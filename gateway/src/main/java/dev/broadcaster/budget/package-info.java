/** Bounds for the memory that clients and publishers can make a node hold: a share of the heap, split into accounts. */
@NullMarked
package dev.broadcaster.budget;

import org.jspecify.annotations.NullMarked;
