/**
 * The composition root: the settings of a node and the one place that builds its parts, in the order in which a
 * message meets them. Nothing but the command line stands after it.
 */
@NullMarked
package dev.broadcaster;

import org.jspecify.annotations.NullMarked;
