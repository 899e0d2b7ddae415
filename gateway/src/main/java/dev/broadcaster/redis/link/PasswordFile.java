package dev.broadcaster.redis.link;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that holds one password, as it is: nothing in it is encoded. It is read again for each connection to Redis; when
 * it cannot be read, the last password stays. Used on the event loop, after the start.
 */
public final class PasswordFile {
    private static final Logger LOG = LoggerFactory.getLogger(PasswordFile.class);
    private static final int MAX_BYTES = 64 * 1024;

    private final String setting;
    private final Path file;
    private String password;
    private String problem = ""; // the one that was logged

    /**
     * Reads the file for the first time.
     *
     * @param setting the name of the setting, for messages
     * @throws IOException if there is no password in it; its message may be logged
     */
    public PasswordFile(String setting, Path file) throws IOException {
        this.setting = setting;
        this.file = file;
        this.password = read(file);
    }

    /** The password; the last one if the file cannot be read now. */
    String password() {
        try {
            password = read(file);
            problem = "";
        } catch (IOException e) {
            String text = String.valueOf(e.getMessage());
            if (!text.equals(problem)) {
                problem = text;
                LOG.error("{}: cannot use {}, keeping the previous password: {}", setting, file, text);
            }
        }
        return password;
    }

    private static String read(Path file) throws IOException {
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
            String password = text.replaceFirst("^\ufeff", "").replaceFirst("[\r\n]+$", "");
            if (password.isEmpty()) {
                throw new IOException("empty (expected: a password)");
            }
            if (password.contains("\n")) {
                throw new IOException("more than one line (expected: a password)");
            }
            return password;
        } catch (CharacterCodingException e) {
            throw new IOException("not UTF-8", e);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return setting + "=" + file;
    }
}
