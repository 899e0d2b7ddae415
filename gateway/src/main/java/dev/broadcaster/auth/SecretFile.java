package dev.broadcaster.auth;

import dev.broadcaster.auth.keys.BoundedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A file of secrets or keys: one per line, or several separated by {@code |} or {@code ,}; blank entries are ignored, and so
 * is a byte order mark.
 */
public final class SecretFile {
    private static final Pattern SEPARATOR = Pattern.compile("[|,\r\n]");

    private SecretFile() {}

    /**
     * The entries of {@code file}, in order. Blocks.
     *
     * @throws IOException like {@link BoundedFile#read}, or if it is not UTF-8; its message may be logged
     */
    public static List<String> read(Path file) throws IOException {
        byte[] bytes = BoundedFile.read(file);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            String entries = text.startsWith("\ufeff") ? text.substring(1) : text; // some editors begin with it
            return SEPARATOR
                    .splitAsStream(entries)
                    .map(String::strip)
                    .filter(entry -> !entry.isEmpty())
                    .toList();
        } catch (CharacterCodingException e) {
            throw new IOException("not UTF-8", e);
        }
    }
}
