package dev.broadcaster.auth;

import dev.broadcaster.files.BoundedFile;
import java.io.IOException;
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
     * @throws IOException like {@link BoundedFile#text}
     */
    public static List<String> read(Path file) throws IOException {
        return SEPARATOR
                .splitAsStream(BoundedFile.text(file))
                .map(String::strip)
                .filter(entry -> !entry.isEmpty())
                .toList();
    }
}
