package dev.broadcaster.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.util.Arrays;

/**
 * The scanner throws only {@link MalformedJsonException}, and finds the same as {@link ReferenceRequest}, as raw bytes.
 * Runs the seeds in every build; `JAZZER_FUZZ=1 mvn test -Dtest=RequestScannerFuzzTest` searches for more.
 */
final class RequestScannerFuzzTest {
    private static final JsonFactory FACTORY = new JsonFactory();

    @FuzzTest(maxDuration = "10m")
    void scan_findsTheSameAsTheReference(byte[] text) {
        if (!Utf8.isValid(text, 0, text.length)) {
            return; // done by the caller
        }
        ReferenceRequest expected = ReferenceRequest.read(new String(text, UTF_8));
        check(text, text, 0, expected);

        byte[] inTheMiddle = new byte[text.length + 9];
        Arrays.fill(inTheMiddle, (byte) '}');
        System.arraycopy(text, 0, inTheMiddle, 5, text.length);
        check(text, inTheMiddle, 5, expected);
    }

    private static void check(byte[] text, byte[] bytes, int from, ReferenceRequest expected) {
        Request request;
        try {
            request = RequestScanner.scan(bytes, from, from + text.length);
        } catch (MalformedJsonException e) {
            assertThat(expected).as(e.getMessage()).isNull();
            assertThat(e.getMessage()).matches("[ -~]{1,100}");
            return;
        }
        assertThat(expected).isNotNull();
        assertThat(request.method()).isEqualTo(expected.method());
        assertThat(text(request.id())).isEqualTo(expected.id());
        assertThat(request.params().token()).isEqualTo(expected.string("token"));
        assertThat(request.params().channel()).isEqualTo(expected.string("channel"));
        assertThat(text(request.params().event())).isEqualTo(expected.event());
        assertThat(text(request.params().payload())).isEqualTo(expected.raw("payload"));
        assertThat(request.params().lastSeenMessageId()).isEqualTo(expected.lastSeenMessageId());
        if (request.params().payload() != null) {
            String payload =
                    ReferenceRequest.withoutHalfPairs(text(request.params().payload()));
            assertThat(isOneValue(payload)).isTrue();
        }
    }

    private static boolean isOneValue(String json) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            parser.finishToken();
            return parser.nextToken() == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, UTF_8);
    }
}
