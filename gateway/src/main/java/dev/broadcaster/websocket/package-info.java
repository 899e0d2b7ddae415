/**
 * RFC 6455 on a raw connection: frames in, frames out, bounded queues, close codes, deadlines. A connection belongs to
 * one I/O thread, and so does everything in it.
 */
@NullMarked
package dev.broadcaster.websocket;

import org.jspecify.annotations.NullMarked;
