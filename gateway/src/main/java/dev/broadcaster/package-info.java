/**
 * The composition root: the settings of a node, and the class that builds its parts in the order in which a message
 * meets them. Only the command line imports it.
 */
@NullMarked
package dev.broadcaster;

import org.jspecify.annotations.NullMarked;
