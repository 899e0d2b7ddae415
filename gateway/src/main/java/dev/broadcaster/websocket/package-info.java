/**
 * RFC 6455 on a raw connection: frames in, frames out, bounded queues, close codes, deadlines. A connection and
 * everything in it is owned by one I/O thread.
 */
@NullMarked
package dev.broadcaster.websocket;

import org.jspecify.annotations.NullMarked;
