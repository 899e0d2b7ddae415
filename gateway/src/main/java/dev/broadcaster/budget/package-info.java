/**
 * The memory that clients and publishers can make a node hold: a share of the heap, split into accounts with a limit
 * each.
 */
@NullMarked
package dev.broadcaster.budget;

import org.jspecify.annotations.NullMarked;
