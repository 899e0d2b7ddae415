package dev.broadcaster.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code mvn test} stays short: a test that opens sockets, or starts a Redis or a process, has a tag. */
class TagsTest {
    private static final Path TESTS = Path.of("src/test/java");
    private static final Pattern TAG = Pattern.compile("(?m)^@Tag\\(\"(black-box|redis|fleet)\"\\)");

    /** Types that open sockets, or start a Redis or a process. */
    private static final Pattern SLOW = Pattern.compile(
            "\\b(TestGateway|HeldNode|FakeNode|TestNode|RedisServer|RedisCluster|RelayOfRedis|NodeProcess|JarProcess"
                    + "|Gateway|HttpServer|HttpClient|new (Server)?Socket)\\b");

    @Test
    void testThatUsesASlowType_hasATag() throws IOException {
        try (Stream<Path> files = Files.walk(TESTS)) {
            List<String> untagged = files.filter(file -> file.toString().endsWith("Test.java"))
                    .filter(file -> !file.endsWith("TagsTest.java"))
                    .filter(file -> {
                        String source = source(file);
                        return SLOW.matcher(source).find()
                                && !TAG.matcher(source).find();
                    })
                    .map(Path::toString)
                    .toList();
            assertThat(untagged).isEmpty();
        }
    }

    private static String source(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
