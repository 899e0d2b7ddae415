package dev.broadcaster.auth.keys;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a small file of secrets or keys into memory. */
public final class BoundedFile {
    public static final int MAX_BYTES = 1024 * 1024;

    private BoundedFile() {}

    /**
     * The bytes of {@code file}. Blocks.
     *
     * @throws IOException if it cannot be read, is not a regular file, or is larger than {@value #MAX_BYTES} bytes; its
     *     message may be logged
     */
    public static byte[] read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) { // reading a pipe would block for ever
            throw new IOException("not a file");
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException("too large (expected: <= " + MAX_BYTES + " bytes)");
        }
        return bytes;
    }
}
