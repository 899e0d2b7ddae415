package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RequestLineTest {
    private static boolean isOfHttp1(String bytes, int piece) {
        RequestLine line = new RequestLine();
        line.begin();
        ByteBuffer buffer = ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1));
        for (int from = 0; from < buffer.limit(); from += piece) {
            line.onBytes(buffer, from, Math.min(buffer.limit(), from + piece));
        }
        assertThat(buffer.position()).isZero();
        return line.isOfHttp1();
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP/1.0, true",
        "HTTP/1.1, true",
        "HTTP/1.9, true",
        "HTTP/0.1, false",
        "HTTP/0.9, false",
        "HTTP/2.0, false",
        "HTTP/11.1, false",
        "HTTP/1.x, false",
        "HTTP/1.11, false",
        "HTTP/1, false",
        "'', false"
    })
    void version_isThatAtTheEndOfTheLine(String version, boolean http1) {
        String head = "GET /?HTTP/1.1 " + version + "\r\nX: HTTP/1.1\r\n\r\n";
        for (int piece : new int[] {1, 2, 3, 7, 1000}) {
            assertThat(isOfHttp1(head, piece)).as("pieces of %s", piece).isEqualTo(http1);
        }
    }

    @Test
    void line_isOfNoVersion_beforeItHasEnded() {
        assertThat(isOfHttp1("GET / HTTP/1.1\r", 1)).isFalse();
        assertThat(isOfHttp1("", 1)).isFalse();
    }

    @Test
    void nextLine_isCheckedSeparately() {
        RequestLine line = new RequestLine();
        line.begin();
        ByteBuffer first = ByteBuffer.wrap("GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII));
        line.onBytes(first, 0, first.limit());
        line.begin();
        assertThat(line.isOfHttp1()).isFalse();
    }
}
