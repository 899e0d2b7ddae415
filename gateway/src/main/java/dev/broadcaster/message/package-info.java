/**
 * The published message, the grammar of its channel name, its id and its time. This package does not depend on the wire
 * format.
 */
@NullMarked
package dev.broadcaster.message;

import org.jspecify.annotations.NullMarked;
