package dev.broadcaster.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The objects that the client's connections share because one thread serves them all: the selector, and buffers. */
final class Wire implements AutoCloseable {
    private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};
    private static final int READ_BYTES = 256 * 1024;

    final Selector selector;
    final ByteBuffer in = ByteBuffer.allocateDirect(READ_BYTES);
    final byte[] bytes = new byte[2 * READ_BYTES];
    private final Inflater inflater = new Inflater(true);
    byte[] inflated = new byte[READ_BYTES];
    long bytesRead; // by all connections
    final ByteBuffer out = ByteBuffer.allocateDirect(128 * 1024);

    Wire() throws IOException {
        selector = Selector.open();
    }

    /**
     * Inflates a message of a server with permessage-deflate (RFC 7692 section 7.2.2) into {@link #inflated}, and
     * returns its length.
     *
     * @throws IOException if it is not deflate data
     */
    int inflate(byte[] bytes, int from, int to) throws IOException {
        try {
            inflater.reset();
            inflater.setInput(bytes, from, to - from);
            int length = inflater.inflate(inflated);
            while (length == inflated.length) {
                inflated = Arrays.copyOf(inflated, 2 * length);
                length += inflater.inflate(inflated, length, length);
            }
            inflater.setInput(TAIL);
            length += inflater.inflate(inflated, length, inflated.length - length);
            return length;
        } catch (DataFormatException e) {
            throw new IOException("frame: no deflate data", e);
        }
    }

    @Override
    public void close() {
        inflater.end();
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
