package dev.broadcaster.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoneSurrogatesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "\\ud83d\\ude00",
                "\\udbff\\udc00",
                "\\\\ud800",
                "\\u0041",
                "\\ud7ff\\ue000",
                "\\u",
                "\\ud8",
                "\\ud8zz",
                "\\"
            })
    void nothing_isReplaced_withoutHalfPairs(String json) {
        assertThat(replaced(json)).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource({
        "\\ud800, \\ufffd",
        "\\uDFFF, \\ufffd",
        "a\\ud83dx, a\\ufffdx",
        "\\ude00\\ud83d, \\ufffd\\ufffd",
        "\\ud83d\\ud83d\\ude00, \\ufffd\\ud83d\\ude00",
        "\\\\\\ud800, \\\\\\ufffd",
        "\\ud83d\\n, \\ufffd\\n",
        "\\udc00\\udc00, \\ufffd\\ufffd"
    })
    void half_isReplaced_withoutAnyOtherChange(String json, String expected) {
        assertThat(replaced(json)).isEqualTo(expected);
    }

    @Test
    void escape_isNotRead_beyondTheEnd() {
        byte[] bytes = "\\ud800".getBytes(StandardCharsets.US_ASCII);

        assertThat(LoneSurrogates.replaced(bytes, 0, bytes.length - 1)).isNull();
        assertThat(LoneSurrogates.replaced(bytes, 0, bytes.length))
                .asString(StandardCharsets.US_ASCII)
                .isEqualTo("\\ufffd");
    }

    @Test
    void payload_keepsItsBytes_whenANameHoldsHalfAPair() throws MalformedJsonException {
        String payload = "{\"\\ud83d\":[\"\\ude00\",{\"x\\udbff\":1}]}";
        byte[] request =
                ("  {\"id\":1,\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"\\ud800\",\"payload\":"
                                + payload + "}}")
                        .getBytes(StandardCharsets.US_ASCII);

        Params params = RequestScanner.scan(request, 2, request.length).params();

        assertThat(params.payload()).asString(StandardCharsets.US_ASCII).isEqualTo(payload);
        assertThat(params.event()).asString(StandardCharsets.US_ASCII).isEqualTo("\"\\ud800\"");
    }

    private static String replaced(String json) {
        byte[] bytes = ("??" + json + "\\ud800").getBytes(StandardCharsets.US_ASCII);
        byte[] copy = LoneSurrogates.replaced(bytes, 2, bytes.length - 6);
        return copy == null ? json : new String(copy, StandardCharsets.US_ASCII);
    }
}
