/**
 * What is published: a message, the grammar of the channel that it goes to, its id and its time. Nothing here knows the
 * wire.
 */
@NullMarked
package dev.broadcaster.message;

import org.jspecify.annotations.NullMarked;
