package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonReaderTest {
    /** Jackson caches thousands of names, and any client may send a name as long as a message. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"NAME\":0}",
                "{\"method\":\"x\",\"params\":{\"NAME\":0}}",
                "{\"params\":{\"payload\":[{\"NAME\":0}]}}",
                "{\"NAME\"}",
                "{\"payload\":[{\"NAME\" 0}]}",
            })
    void longNamesAreNotCached(String request) throws Exception {
        String padding = "x".repeat(60_000);
        long before = used();
        for (int i = 0; i < 500; i++) {
            byte[] bytes = request.replace("NAME", i + padding).getBytes(UTF_8);
            try {
                RequestScanner.scan(bytes, 0, bytes.length);
            } catch (MalformedJsonException e) {
                assertThat(request).doesNotContain(":0}");
            }
        }

        assertThat(used() - before).isLessThan(20_000_000);
    }

    /** Each text with a new name copies the kept ones, so others must not be able to make them many. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"NAME\":0}",
                "{\"method\":\"x\",\"params\":{\"NAME\":0}}",
                "{\"params\":{\"payload\":[{\"NAME\":0}]}}",
            })
    void namesOfOthersDoNotMakeATextSlow(String request) throws Exception {
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = request.replace("NAME", "name" + i).getBytes(UTF_8);
            RequestScanner.scan(bytes, 0, bytes.length);

            assertThat(JsonReader.keptNames()).isLessThanOrEqualTo(JsonReader.MAX_KEPT_NAMES);
        }
    }

    @Test
    void theNamesOfOneTextDoNotMakeLaterTextsSlow() throws Exception {
        byte[] bytes = IntStream.range(0, 5_000)
                .mapToObj(i -> "\"name" + i + "\":0")
                .collect(Collectors.joining(",", "{", "}"))
                .getBytes(UTF_8);
        RequestScanner.scan(bytes, 0, bytes.length);

        assertThat(JsonReader.keptNames()).isLessThanOrEqualTo(JsonReader.MAX_KEPT_NAMES);
    }

    private static long used() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
