package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class TlsHandshakesTest {
    private final Metrics metrics = new Metrics();

    @Test
    void signature_isRefused_whenTooManyWait_andTheEarlierOnesAreMade() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch made = new CountDownLatch(TlsHandshakes.MAX_WAITING);
        try (TlsHandshakes handshakes = new TlsHandshakes(
                SSLContext.getDefault(),
                new HandshakeRate(0, new FakeTime(), 1),
                new ClientAddresses(List.of()),
                1,
                metrics)) {
            handshakes.execute(() -> {
                begun.countDown();
                awaitQuietly(released);
            });
            begun.await();
            for (int i = 0; i < TlsHandshakes.MAX_WAITING; i++) {
                handshakes.execute(made::countDown); // returns although the thread is busy
            }
            assertThat(refused()).isZero();

            assertThatThrownBy(() -> handshakes.execute(made::countDown))
                    .isInstanceOf(RejectedExecutionException.class);

            assertThat(refused()).isEqualTo(1);
            released.countDown();
            assertThat(made.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void threads_takeAtMostHalfOfTheProcessors() {
        assertThat(TlsHandshakes.threadCount(1)).isEqualTo(1);
        assertThat(TlsHandshakes.threadCount(2)).isEqualTo(1);
        assertThat(TlsHandshakes.threadCount(8)).isEqualTo(4);
    }

    private double refused() {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("broadcaster_refusals_total{reason=\"tls_handshakes\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
