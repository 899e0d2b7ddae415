package dev.broadcaster.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The contract in {@code docs/} and the code agree on the names that they use of each other. */
class ContractDocumentsTest {
    private static final Path GATEWAY = Path.of("").toAbsolutePath();
    private static final Path DOCS = GATEWAY.resolveSibling("docs");

    private static final Pattern REFERENCE = Pattern.compile("PROTOCOL\\s+(?:\\*\\s+)?sections?\\s+(\\d+)");
    private static final Pattern SECTION = Pattern.compile("(?m)^## (\\d+)\\. ");
    private static final Pattern PROMISE = Pattern.compile("(?m)^\\| (P\\d+) \\|.*\\|$");
    private static final Pattern ROW_WITH_TESTS = Pattern.compile("(?m)^\\| (?!#|fault|-).*\\| ([^|]*) \\|$");
    private static final Pattern CLASS = Pattern.compile("`([A-Z]\\w+)`");

    @Test
    void everySectionInTheCode_existsInTheProtocol() {
        Set<String> sections = all(SECTION, text(DOCS.resolve("PROTOCOL.md")));
        Set<String> named = new TreeSet<>();
        sources().forEach(source -> named.addAll(all(REFERENCE, text(source))));

        assertThat(named).hasSizeGreaterThan(5);
        assertThat(sections).containsAll(named);
    }

    @Test
    void everyPromise_namesTestClassesThatExist() {
        String document = text(DOCS.resolve("RELIABILITY.md"));
        Set<String> classes = sources()
                .map(source -> source.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        List<String> rows = ROW_WITH_TESTS
                .matcher(document)
                .results()
                .map(result -> result.group(1))
                .toList();

        assertThat(rows)
                .hasSizeGreaterThan(20)
                .allSatisfy(tests -> assertThat(all(CLASS, tests)).isNotEmpty().isSubsetOf(classes));
    }

    @Test
    void promises_areNumberedWithoutAGap() {
        List<String> promises = PROMISE.matcher(text(DOCS.resolve("RELIABILITY.md")))
                .results()
                .map(result -> result.group(1))
                .toList();

        assertThat(promises)
                .isEqualTo(IntStream.rangeClosed(1, promises.size())
                        .mapToObj(number -> "P" + number)
                        .toList());
    }

    private static Set<String> all(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult result) -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<Path> sources() {
        try (Stream<Path> files = Files.walk(GATEWAY.resolve("src"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
