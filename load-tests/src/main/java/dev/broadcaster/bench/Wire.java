package dev.broadcaster.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;

/** What the client's connections share because one thread serves them all: the selector, and buffers. */
final class Wire implements AutoCloseable {
    private static final int READ_BYTES = 256 * 1024;

    final Selector selector;
    final ByteBuffer in = ByteBuffer.allocateDirect(READ_BYTES);
    final byte[] bytes = new byte[2 * READ_BYTES];
    final ByteBuffer out = ByteBuffer.allocateDirect(128 * 1024);

    Wire() throws IOException {
        selector = Selector.open();
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
