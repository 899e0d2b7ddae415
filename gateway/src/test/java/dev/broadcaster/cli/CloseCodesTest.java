package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.broadcaster.protocol.CloseCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of close codes of the documentation, the console, the client libraries and the command line are equal. */
final class CloseCodesTest {
    private static final Path PAGE = Path.of("..", "docs", "use.md");
    private static final Path LIBRARIES = Path.of("..", "clients", "closecodes.json");
    private static final Map<String, CloseAdvice.Action> LIBRARY_WORDS = Map.of(
            "stop", CloseAdvice.Action.STOP,
            "again", CloseAdvice.Action.NOW,
            "backoff", CloseAdvice.Action.BACKOFF,
            "capacity", CloseAdvice.Action.BACKOFF,
            "token", CloseAdvice.Action.TOKEN);
    private static final Pattern PAGE_ROW = Pattern.compile("^\\| ([0-9, ]+) \\|.*\\| ([^|]+) \\|$", Pattern.MULTILINE);
    private static final Map<String, CloseAdvice.Action> PAGE_WORDS = Map.of(
            "stop", CloseAdvice.Action.STOP,
            "reconnect now, with jitter", CloseAdvice.Action.NOW,
            "reconnect with backoff", CloseAdvice.Action.BACKOFF,
            "get a new token, reconnect", CloseAdvice.Action.TOKEN);

    /** The console shows the table of the client libraries: the build puts the same file into the jar. */
    @Test
    void console_usesTheTableOfTheClientLibraries() throws IOException {
        assertThat(console()).isEqualTo(Files.readString(LIBRARIES));
    }

    @Test
    void page_hasTheAdviceOfTheCommandLine() throws IOException {
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("<!-- close codes -->"), page.indexOf("<!-- /close codes -->"));
        Map<Integer, CloseAdvice.Action> actions = new TreeMap<>();
        Matcher row = PAGE_ROW.matcher(table);
        while (row.find()) {
            CloseAdvice.Action action = PAGE_WORDS.get(row.group(2));
            assertThat(action).as(row.group()).isNotNull();
            for (String code : row.group(1).split(", ")) {
                actions.put(Integer.valueOf(code), action);
            }
        }

        assertThat(actions).isEqualTo(commandLine());
        assertThat(table).contains("| any other |  | reconnect with backoff |");
    }

    /** The table of the client libraries, which distinguishes longer delays, has the same codes. */
    @Test
    void clientLibraries_reactLikeTheCommandLine() throws IOException {
        JsonNode root = ApiDocument.MAPPER.readTree(LIBRARIES.toFile());
        for (JsonNode row : root.get("codes")) {
            int code = row.get("code").intValue();
            assertThat(CloseAdvice.of(code).action())
                    .as("%s", row)
                    .isEqualTo(LIBRARY_WORDS.get(row.get("action").textValue()));
        }
        assertThat(root.get("codes").findValues("code"))
                .extracting(JsonNode::intValue)
                .containsAll(CloseAdvice.TABLE.keySet());
        assertThat(root.at("/other/action").textValue()).isEqualTo("backoff");
        assertThat(CloseAdvice.of(3000).action()).isEqualTo(CloseAdvice.Action.BACKOFF);
    }

    @Test
    void everyCodeThatTheNodeSends_isInTheTable() {
        assertThat(CloseAdvice.TABLE.keySet())
                .containsAll(
                        Arrays.stream(CloseCode.values()).map(CloseCode::number).toList());
    }

    private static Map<Integer, CloseAdvice.Action> commandLine() {
        Map<Integer, CloseAdvice.Action> actions = new TreeMap<>();
        CloseAdvice.TABLE.forEach((code, advice) -> actions.put(code, advice.action()));
        return actions;
    }

    private static String console() throws IOException {
        try (InputStream in = CloseCodesTest.class.getResourceAsStream("/dev/broadcaster/console/closecodes.json")) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
