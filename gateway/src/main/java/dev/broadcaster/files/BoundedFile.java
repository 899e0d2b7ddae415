package dev.broadcaster.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a small file of secrets, keys or passwords into memory. */
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

    /**
     * The text of {@code file}, without a byte order mark. Blocks.
     *
     * @throws IOException like {@link #read}, or if it is not UTF-8; its message may be logged
     */
    public static String text(Path file) throws IOException {
        byte[] bytes = read(file);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new IOException("not UTF-8", e);
        }
    }
}
