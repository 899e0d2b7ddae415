package dev.broadcaster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SettingTest {
    private static final Path PAGE = Path.of("..", "docs", "settings.md");
    private static final String BEGIN = "<!-- settings -->";
    private static final String END = "<!-- /settings -->";

    @Test
    void flag_isTheNameInSmallLettersWithDashes() {
        assertThat(Setting.MAX_BODY_BYTES.flag()).isEqualTo("--max-body-bytes");
        assertThat(Setting.PORT.flag()).isEqualTo("--port");
    }

    @Test
    void page_hasTheTableOfTheSettings() throws Exception {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN);
        int end = page.indexOf(END);
        assertThat(begin).as("%s in settings.md", BEGIN).isNotNegative();
        assertThat(end).as("%s in settings.md", END).isGreaterThan(begin);

        assertThat(page.substring(begin + BEGIN.length(), end).strip())
                .as("the table between %s and %s; the right one is the expected one", BEGIN, END)
                .isEqualTo(markdown());
    }

    private static String markdown() {
        return Stream.of(Setting.values())
                .map(SettingTest::row)
                .collect(Collectors.joining("\n", "| setting | flag | default | meaning |\n|---|---|---|---|\n", ""));
    }

    private static String row(Setting setting) {
        String fallback = setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`";
        return Stream.of(
                        "`" + setting + "`",
                        "`" + setting.flag() + "`",
                        fallback,
                        // A bare bar would end the cell.
                        setting.description().replace("|", "\\|"))
                .collect(Collectors.joining(" | ", "| ", " |"));
    }
}
