/**
 * Limits for the memory that clients and publishers can make a node hold: a share of the heap, divided into accounts.
 */
@NullMarked
package dev.broadcaster.budget;

import org.jspecify.annotations.NullMarked;
