package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.SelfSigned;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A partly received TLS record is kept outside of the heap: one buffer per connection, which
 * {@code MAX_CONNECTIONS=auto} takes into account.
 */
@Tag("black-box")
final class TlsBuffersBlackBoxTest {
    private static final int CONNECTIONS = 200;
    /** As in {@code Capacity}, where a connection with TLS is 24 KiB, 4.6 of them on the heap. */
    private static final long BYTES_PER_CONNECTION = 19 * 1024;
    /** Other allocations meanwhile: buffers that threads keep. */
    private static final long OTHERS = 2 << 20;

    @Test
    void partOfARecord_takesOneBufferPerConnection(@TempDir Path directory) throws Exception {
        SelfSigned made = SelfSigned.make(directory);
        List<Socket> sockets = new ArrayList<>();
        try (TestGateway gateway = TestGateway.start(
                "TLS_CERT", made.certificate().toString(), "TLS_KEY", made.key().toString(), "AUTH_TIMEOUT", "10m")) {
            long before = directBytes();
            for (int i = 0; i < CONNECTIONS; i++) {
                Socket plain = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
                sockets.add(plain);
                SSLSocket secure = (SSLSocket)
                        made.trusting().getSocketFactory().createSocket(plain, "127.0.0.1", gateway.port(), true);
                sockets.add(secure); // its collection would close the other one
                WsClient.upgrade(RawSocket.over(secure));
                plain.getOutputStream().write(new byte[] {23, 3, 3, 0x40, 0}); // a record of 16 KiB begins
                plain.getOutputStream().write(new byte[10_000]);
            }
            double connections = CONNECTIONS;
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() ->
                            assertThat(metric(gateway, Meters.CONNECTIONS)).isEqualTo(connections));

            assertThat(directBytes() - before).isLessThanOrEqualTo(CONNECTIONS * BYTES_PER_CONNECTION + OTHERS);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static double metric(TestGateway gateway, String name) {
        return gateway.metrics().get(name);
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
