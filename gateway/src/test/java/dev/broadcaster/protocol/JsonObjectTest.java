package dev.broadcaster.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectTest {
    @Test
    void parse_readsEveryKindOfValue() throws MalformedJsonException {
        Map<String, Object> read =
                parse(" {\"s\":\"\\u00e4\\n\",\"i\":-7,\"f\":1.5e3,\"big\":1e999,\"t\":true,\"f2\":false,\"n\":null,"
                        + "\"a\":[1,\"x\",[],{}, null],\"o\":{\"s\":\"inner\"}} ");

        assertThat(read)
                .containsEntry("s", "ä\n")
                .containsEntry("i", -7.0)
                .containsEntry("f", 1500.0)
                .containsEntry("big", Double.POSITIVE_INFINITY)
                .containsEntry("t", true)
                .containsEntry("f2", false)
                .containsEntry("n", null)
                .containsEntry("a", Arrays.asList(1.0, "x", List.of(), Map.of(), null))
                .containsEntry("o", Map.of("s", "inner"))
                .hasSize(9);
    }

    @Test
    void parse_readsNestedValues_toADepthOf64() throws MalformedJsonException {
        assertThat(parse("{\"a\":" + "[".repeat(63) + "]".repeat(63) + "}")).hasSize(1);
        assertThatExceptionOfType(MalformedJsonException.class)
                .isThrownBy(() -> parse("{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "[\"a\",1]",
                "\"a\"",
                "{",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":}",
                "{\"a\":[1,",
                "{\"a\":1}}",
                "{\"a\":1}{}",
                "{\"a\":1,}",
                "{'a':1}",
                "{\"a\":01}",
                "{\"a\":NaN}",
                "{\"a\":1,\"a\":1}",
                "{\"a\":1,\"\\u0061\":2}",
                "{\"o\":{\"a\":1,\"a\":2}}",
                "\ufeff{}"
            })
    void parse_refusesTextThatIsNotOneObjectWithDistinctNames(String text) {
        assertThatExceptionOfType(MalformedJsonException.class).isThrownBy(() -> parse(text));
    }

    @Test
    void parse_refusesTextThatIsNotUtf8() {
        assertThatExceptionOfType(MalformedJsonException.class)
                .isThrownBy(() -> JsonObject.parse(new byte[] {'{', '"', (byte) 0xc3, '"', ':', '1', '}'}));
    }

    private static Map<String, Object> parse(String text) throws MalformedJsonException {
        return JsonObject.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
