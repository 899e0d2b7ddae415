package dev.broadcaster.tls;

import dev.broadcaster.files.BoundedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The blocks of a PEM file (RFC 7468); text between them is ignored. */
final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END \\1-----", Pattern.DOTALL);

    /**
     * A block.
     *
     * @param label such as {@code CERTIFICATE}
     * @param text the lines between the markers
     */
    record Block(String label, String text) {}

    private Pem() {}

    /**
     * The bytes of {@code file}. Blocks.
     *
     * @throws IOException like {@link BoundedFile#read}; its message names the file, and may be logged
     */
    static byte[] bytes(Path file) throws IOException {
        try {
            return BoundedFile.read(file);
        } catch (IOException e) {
            throw new IOException(
                    file + ": " + (e instanceof FileSystemException ? "cannot be read" : e.getMessage()), e);
        }
    }

    /** The blocks, in order. */
    static List<Block> blocks(byte[] file) {
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(new String(file, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
        return blocks;
    }
}
