package dev.broadcaster.blackbox;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * With any bytes between pipelined publishes, the node reads the requests that {@link ReferenceHttp} reads, or refuses
 * the connection. Runs the seeds in every build; {@code JAZZER_FUZZ=1 mvn test -Dtest=PipeliningFuzzTest} searches for
 * more.
 */
@Tag("black-box")
final class PipeliningFuzzTest {
    private static FramingProbe probe;

    @BeforeAll
    static void start() {
        probe = new FramingProbe();
    }

    @AfterAll
    static void stop() {
        probe.close();
    }

    /**
     * In the bytes, 0x01 stands for a publish with a length, 0x02 for the head of one in chunks and 0x03 for a body in
     * chunks.
     */
    @FuzzTest(maxDuration = "30m")
    void stream_isReadLikeTheReference_orRefused(byte[] bytes) {
        BugDetectors.allowNetworkConnections(); // to the node
        StringBuilder stream = new StringBuilder();
        int number = 0;
        for (byte b : bytes) {
            if (b == 1) {
                stream.append(FramingProbe.publish(++number));
            } else if (b == 2) {
                stream.append(FramingProbe.head()).append("Transfer-Encoding: chunked\r\n\r\n");
            } else if (b == 3) {
                String body = FramingProbe.body(++number);
                stream.append(Integer.toHexString(body.length()))
                        .append("\r\n")
                        .append(body)
                        .append("\r\n0\r\n\r\n");
            } else {
                stream.append(new String(new byte[] {b}, StandardCharsets.ISO_8859_1));
            }
        }
        probe.check(stream.toString(), 1 + bytes.length % 3);
    }
}
