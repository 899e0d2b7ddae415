package dev.broadcaster.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The links of all Markdown files of the repository, to files and to headings, have their targets. */
final class MarkdownLinksTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Set<String> NO_SOURCES = Set.of(".git", "dist", "node_modules", "site", "target");
    private static final Pattern FENCE = Pattern.compile("(?ms)^ *```.*?^ *```[ \\t]*$");
    private static final Pattern CODE = Pattern.compile("`[^`\n]*`");
    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern WORD = Pattern.compile("\\S+");

    /** The text of each Markdown file, by its path. */
    private static final Map<Path, String> PAGES = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return NO_SOURCES.contains(folder.getFileName().toString())
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.toString().endsWith(".md")) {
                    PAGES.put(file, FENCE.matcher(Files.readString(file)).replaceAll(""));
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Test
    void everyLink_hasItsTarget() {
        List<String> broken = new ArrayList<>();
        int[] links = {0};
        PAGES.forEach((page, text) -> {
            Matcher link = LINK.matcher(CODE.matcher(text).replaceAll("code"));
            while (link.find()) {
                if (!link.group(1).contains("://")) {
                    links[0]++;
                    if (!exists(page, link.group(1))) {
                        broken.add(ROOT.relativize(page) + ": " + link.group(1));
                    }
                }
            }
        });

        assertThat(links[0]).isGreaterThan(100);
        assertThat(broken).isEmpty();
    }

    @Test
    void everyPageOfTheDocumentation_isLinkedInTheReadme_orInAPageThatIs() {
        Set<Path> reached = new HashSet<>();
        reach(ROOT.resolve("README.md"), reached);

        assertThat(PAGES.keySet())
                .filteredOn(page -> page.startsWith(ROOT.resolve("docs")))
                .isSubsetOf(reached);
    }

    @Test
    void readme_isShort() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        assertThat(readme.lines().count()).isLessThan(150);
        assertThat(WORD.matcher(readme).results().count()).isLessThan(900);
    }

    @Test
    void anchors_areThoseOfGitHub() {
        assertThat(anchors("# A `b_c`, d: e - f\n## [Twice](x.md)\n## Twice\n"))
                .containsExactlyInAnyOrder("a-b_c-d-e---f", "twice", "twice-1");
    }

    private static void reach(Path page, Set<Path> reached) {
        String text = PAGES.get(page);
        if (text != null && reached.add(page)) {
            Matcher link = LINK.matcher(text);
            while (link.find()) {
                reach(target(page, link.group(1)), reached);
            }
        }
    }

    private static boolean exists(Path page, String link) {
        Path target = target(page, link);
        int hash = link.indexOf('#');
        if (hash < 0) {
            return Files.exists(target);
        }
        String text = PAGES.get(target);
        return text != null && anchors(text).contains(link.substring(hash + 1));
    }

    private static Path target(Path page, String link) {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        return file.isEmpty() ? page : page.resolveSibling(file).normalize();
    }

    /** The anchors of the headings, as GitHub makes them: a number is added to a repeated one. */
    private static Set<String> anchors(String text) {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> times = new HashMap<>();
        Matcher heading = HEADING.matcher(text);
        while (heading.find()) {
            String anchor = heading.group(1)
                    .replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int before = times.merge(anchor, 1, Integer::sum) - 1;
            anchors.add(before == 0 ? anchor : anchor + "-" + before);
        }
        return anchors;
    }
}
