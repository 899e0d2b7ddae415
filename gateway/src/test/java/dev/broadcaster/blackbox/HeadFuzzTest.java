package dev.broadcaster.blackbox;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/**
 * With any bytes in the head of a publish, the node reads the requests that {@link ReferenceHttp} reads, or refuses the
 * connection. Runs the seeds in every build; {@code JAZZER_FUZZ=1 mvn test -Dtest=HeadFuzzTest} searches for more.
 */
@Tag("black-box")
final class HeadFuzzTest {
    private static FramingProbe probe;

    @BeforeAll
    static void start() {
        probe = new FramingProbe();
    }

    @AfterAll
    static void stop() {
        probe.close();
    }

    /** {@code lines} are at the end of the head; a body with a length, one in chunks and a publish follow. */
    @FuzzTest(maxDuration = "30m")
    void head_isReadLikeTheReference_orRefused(byte[] lines) {
        BugDetectors.allowNetworkConnections(); // to the node
        String body = FramingProbe.body(1);
        String chunks = Integer.toHexString(body.length()) + "\r\n" + body + "\r\n0\r\n\r\n";
        String head = FramingProbe.head() + new String(lines, StandardCharsets.ISO_8859_1) + "\r\n";
        probe.check(head + body + FramingProbe.publish(2), 1 + lines.length % 3);
        probe.check(head + chunks + FramingProbe.publish(2), 1 + lines.length % 3);
    }
}
