package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SystemResolverTest {
    private final MultiThreadIoEventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("loop", true), NioIoHandler.newFactory());
    private final EventExecutor loop = loops.next();
    private final AtomicInteger lookups = new AtomicInteger();

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Future<InetSocketAddress> resolve(SystemResolver resolver, String name) {
        return resolver.getResolver(loop).resolve(InetSocketAddress.createUnresolved(name, 6379));
    }

    private static InetAddress[] address(int last) throws UnknownHostException {
        return new InetAddress[] {InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last})};
    }

    @Test
    void aSilentNameServer_doesNotBlockTheEventLoop() throws Exception {
        CountDownLatch silent = new CountDownLatch(1);
        try (SystemResolver resolver = new SystemResolver(name -> {
            lookups.incrementAndGet();
            awaitQuietly(silent);
            return address(1);
        })) {
            Future<InetSocketAddress> first = resolve(resolver, "redis");
            Future<InetSocketAddress> second = resolve(resolver, "redis");
            loop.submit(() -> {}).get();
            assertThat(first.isDone()).isFalse();
            silent.countDown();

            assertThat(first.get()).isEqualTo(new InetSocketAddress(address(1)[0], 6379));
            assertThat(second.get()).isEqualTo(first.get());
            assertThat(lookups)
                    .as("those who ask meanwhile get the same answer")
                    .hasValue(1);
        }
    }

    @Test
    void aSilentName_doesNotDelayTheOthers() throws Exception {
        CountDownLatch silent = new CountDownLatch(1);
        try (SystemResolver resolver = new SystemResolver(name -> {
            if (name.equals("silent")) {
                awaitQuietly(silent);
            }
            return address(2);
        })) {
            Future<InetSocketAddress> waiting = resolve(resolver, "silent");

            assertThat(resolve(resolver, "other").get().getPort()).isEqualTo(6379);
            assertThat(waiting.isDone()).isFalse();
            silent.countDown();
            waiting.get();
        }
    }

    @Test
    void eachConnection_looksTheNameUpAgain_alsoAfterAFailure() throws Exception {
        try (SystemResolver resolver = new SystemResolver(name -> {
            int number = lookups.incrementAndGet();
            if (number == 2) {
                throw new UnknownHostException(name + ": Temporary failure in name resolution");
            }
            return address(number);
        })) {
            assertThat(resolve(resolver, "redis").get().getAddress()).isEqualTo(address(1)[0]);
            assertThatThrownBy(() -> resolve(resolver, "redis").get())
                    .hasRootCauseMessage("redis: Temporary failure in name resolution");
            assertThat(resolve(resolver, "redis").get().getAddress()).isEqualTo(address(3)[0]);
        }
    }

    @Test
    void anAddress_needsNoLookup() throws Exception {
        try (SystemResolver resolver = new SystemResolver(name -> {
            throw new UnknownHostException(name);
        })) {
            assertThat(resolve(resolver, "127.0.0.1").get().getAddress()).isEqualTo(InetAddress.getByName("127.0.0.1"));
            assertThat(resolve(resolver, "::1").get().getAddress()).isEqualTo(InetAddress.getByName("::1"));
        }
    }

    @Test
    void afterItsEnd_aNameIsRefused() {
        SystemResolver resolver = new SystemResolver(name -> address(1));
        var names = resolver.getResolver(loop);
        resolver.close();

        Future<InetSocketAddress> refused = names.resolve(InetSocketAddress.createUnresolved("redis", 6379));
        await().until(refused::isDone);
        assertThat(refused.cause()).isInstanceOf(Exception.class);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
