/**
 * Questions to all nodes of a fleet, and their answers (PROTOCOL section 13). A node is the only source for its own
 * connections; nothing about them is stored elsewhere.
 */
@NullMarked
package dev.broadcaster.control;

import org.jspecify.annotations.NullMarked;
