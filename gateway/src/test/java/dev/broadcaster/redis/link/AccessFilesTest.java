package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AccessFilesTest {
    private static final long LONG_MILLIS = 3_600_000;

    private final AtomicInteger readings = new AtomicInteger();

    @Test
    void eachFile_isRead_beforeTheConnectionIsMade() throws Exception {
        List<Runnable> two = List.of(readings::incrementAndGet, readings::incrementAndGet);
        try (AccessFiles files = new AccessFiles(two, LONG_MILLIS)) {
            files.refresh().toCompletableFuture().get();
            assertThat(readings).hasValue(2);

            files.refresh().toCompletableFuture().get();
            assertThat(readings).hasValue(4);
        }
    }

    @Test
    void aHangingFileSystem_holdsNoConnection_andOneThread() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        Runnable hanging = () -> {
            readings.incrementAndGet();
            awaitQuietly(answered);
        };
        try (AccessFiles files = new AccessFiles(List.of(hanging), 1)) {
            files.refresh().toCompletableFuture().get();
            files.refresh().toCompletableFuture().get();
            answered.countDown();

            await().until(() -> {
                files.refresh().toCompletableFuture().get();
                return readings.get() > 1;
            });
        } finally {
            answered.countDown();
        }
    }

    @Test
    void withoutFiles_nothingIsWaitedFor() {
        try (AccessFiles files = new AccessFiles(RedisAccess.NONE)) {
            assertThat(files.refresh()).isCompleted();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
