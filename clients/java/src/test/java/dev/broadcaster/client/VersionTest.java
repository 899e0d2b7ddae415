package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class VersionTest {
    @Test
    void client_isNamedByTheVersionOfItsModule() throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String version = pom.replaceAll("(?s).*?<version>([^<-]+).*", "$1");
        assertThat(Version.CLIENT).isEqualTo("java/" + version);
    }
}
