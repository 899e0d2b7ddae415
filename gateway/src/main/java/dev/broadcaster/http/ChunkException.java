package dev.broadcaster.http;

import java.io.IOException;

/**
 * A body in chunks that RFC 9112 does not allow, or with too many bytes besides its data. The message is for the
 * client.
 */
final class ChunkException extends IOException {
    private static final long serialVersionUID = 1;

    ChunkException(String message) {
        super(message);
    }
}
