package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.broadcaster.files.BoundedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {
    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void name() {
        file = directory.resolve("secrets");
    }

    @Test
    void read_takesEntriesByLine_andByEverySeparator() throws IOException {
        Files.writeString(file, "  one\r\ntwo|three,four\n\n , |\nfive é\n");

        assertThat(SecretFile.read(file)).containsExactly("one", "two", "three", "four", "five é");
    }

    @Test
    void read_skipsAByteOrderMark() throws IOException {
        Files.writeString(file, "\ufeffone\ntwo");

        assertThat(SecretFile.read(file)).containsExactly("one", "two");
    }

    @Test
    void read_findsNothing_inAnEmptyFile() throws IOException {
        Files.writeString(file, "\n");

        assertThat(SecretFile.read(file)).isEmpty();
    }

    @Test
    void read_followsLinks_asMountedSecretsAreMade() throws IOException {
        Files.writeString(directory.resolve("data"), "one");
        Files.createSymbolicLink(file, Path.of("data"));

        assertThat(SecretFile.read(file)).containsExactly("one");
    }

    @Test
    void read_isRefused_whenThereIsNoFile() {
        assertThatIOException().isThrownBy(() -> SecretFile.read(file)).withMessage("not a file");
        assertThatIOException().isThrownBy(() -> SecretFile.read(directory)).withMessage("not a file");
    }

    @Test
    void read_isRefused_whenTheFileIsTooLarge() throws IOException {
        Files.writeString(file, "x".repeat(BoundedFile.MAX_BYTES));
        assertThat(SecretFile.read(file)).hasSize(1);

        Files.writeString(file, "x".repeat(BoundedFile.MAX_BYTES + 1));
        assertThatIOException().isThrownBy(() -> SecretFile.read(file)).withMessageStartingWith("too large");
    }

    @Test
    void read_isRefused_whenTheFileIsNotText() throws IOException {
        Files.write(file, new byte[] {'s', 'e', (byte) 0xff, 't'});

        assertThatIOException().isThrownBy(() -> SecretFile.read(file)).withMessage("not UTF-8");
    }
}
