package dev.broadcaster.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ProcessTextTest {
    private static final Set<String> USED = Set.of("JWT_SECRET", "HOST");

    private static byte[] lines(String text) {
        return text.replace('|', '\0').getBytes(UTF_8);
    }

    @Test
    void arguments_areUtf8_whateverTheLocaleMadeOfThem() {
        String[] decoded = {"publish", "gr??e", "", "\ufffd\ufffd?"};

        ProcessText text =
                ProcessText.of(decoded, lines("java|-jar|x.jar|publish|grüße||ü?|"), Map.of("A", "b"), null, USED);

        assertThat(text.arguments()).containsExactly("publish", "grüße", "", "ü?");
        assertThat(text.environment()).containsExactly(Map.entry("A", "b"));
        assertThat(text.problems()).isEmpty();
    }

    @Test
    void argument_mayContainTheReplacementCharacter() {
        ProcessText text = ProcessText.of(new String[] {"\ufffd"}, lines("java|Main|\ufffd|"), Map.of(), null, USED);

        assertThat(text.arguments()).containsExactly("\ufffd");
        assertThat(text.problems()).isEmpty();
    }

    @Test
    void argument_isRefused_whenItIsNotUtf8() {
        byte[] raw = "java\0Main\0token\0j\u00fcrgen\0".getBytes(ISO_8859_1);

        assertThat(ProcessText.of(new String[] {"token", "j\ufffdrgen"}, raw, Map.of(), null, USED)
                        .problems())
                .containsExactly("argument 2: not UTF-8");
        assertThat(ProcessText.of(new String[] {"token", "j\ufffdrgen"}, null, Map.of(), null, USED)
                        .problems())
                .as("without /proc")
                .containsExactly("argument 2: not UTF-8");
    }

    @Test
    void arguments_areTakenAsTheyAre_whenTheCommandLineIsShorter() {
        assertThat(ProcessText.of(new String[] {"a", "b"}, lines("b|"), Map.of(), null, USED)
                        .arguments())
                .containsExactly("a", "b");
    }

    @Test
    void settings_areUtf8_whateverTheLocaleMadeOfThem() {
        Map<String, String> decoded = Map.of("JWT_SECRET", "gr??e=", "HOST", "h", "OTHER", "?");

        ProcessText text = ProcessText.of(
                new String[0], null, decoded, lines("OTHER=ü|JWT_SECRET=grüße=|HOST=h|EMPTY=|nonsense|"), USED);

        assertThat(text.environment())
                .containsOnly(Map.entry("JWT_SECRET", "grüße="), Map.entry("HOST", "h"), Map.entry("OTHER", "?"));
        assertThat(text.problems()).isEmpty();
    }

    @Test
    void setting_isRefused_whenItIsNotUtf8_andOthersAreNot() {
        byte[] raw = "JWT_SECRET=\u00fc\0OTHER=\u00fc\0".getBytes(ISO_8859_1);
        Map<String, String> decoded = Map.of("JWT_SECRET", "\ufffd", "OTHER", "\ufffd");

        assertThat(ProcessText.of(new String[0], null, decoded, raw, USED).problems())
                .containsExactly("JWT_SECRET: not UTF-8");
        assertThat(ProcessText.of(new String[0], null, decoded, null, USED).problems())
                .as("without /proc")
                .containsExactly("JWT_SECRET: not UTF-8");
    }
}
