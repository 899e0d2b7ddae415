package dev.broadcaster.redis.link;

import dev.broadcaster.files.BoundedFile;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that holds one password, as it is: nothing in it is encoded. It is read again before each connection to Redis
 * ({@link AccessFiles}); when it cannot be read, the last password stays.
 */
public final class PasswordFile {
    private static final Logger LOG = LoggerFactory.getLogger(PasswordFile.class);

    private final String setting;
    private final Path file;
    private volatile String password; // written by the thread that reads
    private String problem = ""; // the one that was logged; owned by the thread that reads

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

    /** The last password that could be read. Any thread. */
    String password() {
        return password;
    }

    /** Reads the file again. Blocks for as long as the file system does; for one thread at a time. */
    void refresh() {
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
    }

    private static String read(Path file) throws IOException {
        String password = BoundedFile.text(file).replaceFirst("[\r\n]+$", "");
        if (password.isEmpty()) {
            throw new IOException("empty (expected: a password)");
        }
        if (password.contains("\n")) {
            throw new IOException("more than one line (expected: a password)");
        }
        return password;
    }

    /** Without the password. */
    @Override
    public String toString() {
        return setting + "=" + file;
    }
}
