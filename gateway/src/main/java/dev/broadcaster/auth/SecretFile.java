package dev.broadcaster.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A file of secrets or keys: one per line, or several separated by {@code |} or {@code ,}; blank entries are ignored.
 */
public final class SecretFile {
    static final int MAX_BYTES = 1024 * 1024;

    private static final Pattern SEPARATOR = Pattern.compile("[|,\r\n]");

    private SecretFile() {}

    /**
     * The entries of {@code file}, in order. Blocks.
     *
     * @throws IOException if it cannot be read, is larger than {@value #MAX_BYTES} bytes, or is not UTF-8; its message
     *     may be logged
     */
    public static List<String> read(Path file) throws IOException {
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
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return SEPARATOR
                    .splitAsStream(text)
                    .map(String::strip)
                    .filter(entry -> !entry.isEmpty())
                    .toList();
        } catch (CharacterCodingException e) {
            throw new IOException("not UTF-8", e);
        }
    }
}
