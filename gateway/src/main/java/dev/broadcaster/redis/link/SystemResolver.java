package dev.broadcaster.redis.link;

import dev.broadcaster.time.Fatal;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Resolves the names of Redis as other programs of the machine do: with {@code /etc/hosts}, several name servers and
 * their timeouts. Netty's own resolver does not: it asks the second name server too late, and reads the files once.
 *
 * <p>A lookup blocks a thread of this class, never the event loop. Those who ask for a name while it is being looked up
 * get the same answer. Safe from any thread.
 */
final class SystemResolver extends AddressResolverGroup<InetSocketAddress> {
    /** More than the names that are usually looked up together: three Sentinels, or the seeds of a cluster. */
    private static final int MAX_THREADS = 6;

    private static final long IDLE_SECONDS = 10;

    /** A blocking lookup. */
    @FunctionalInterface
    interface Lookup {
        /** At least one address, the best first. */
        InetAddress[] addresses(String name) throws UnknownHostException;
    }

    private final Lookup lookup;
    private final ThreadPoolExecutor threads;
    private final Map<String, CompletableFuture<List<InetAddress>>> running = new ConcurrentHashMap<>();

    /** The resolver of the system. */
    SystemResolver() {
        this(InetAddress::getAllByName);
    }

    SystemResolver(Lookup lookup) {
        this.lookup = lookup;
        threads = new ThreadPoolExecutor(
                MAX_THREADS,
                MAX_THREADS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("broadcaster-names", true));
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Names(executor).asAddressResolver();
    }

    /** Starts no more lookups; a running one ends by itself. */
    @Override
    public void close() {
        super.close();
        threads.shutdownNow();
    }

    private CompletableFuture<List<InetAddress>> addresses(String name) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(name);
        if (literal != null) {
            return CompletableFuture.completedFuture(List.of(address(literal)));
        }
        CompletableFuture<List<InetAddress>> made = new CompletableFuture<>();
        CompletableFuture<List<InetAddress>> earlier = running.putIfAbsent(name, made);
        if (earlier != null) {
            return earlier;
        }
        try {
            threads.execute(Fatal.guarded(() -> run(name, made)));
        } catch (RejectedExecutionException e) {
            running.remove(name);
            made.completeExceptionally(new UnknownHostException(name + ": the node stops"));
        }
        return made;
    }

    private void run(String name, CompletableFuture<List<InetAddress>> result) {
        try {
            List<InetAddress> found = List.of(lookup.addresses(name));
            running.remove(name); // before the answer: those who ask after it look again
            result.complete(found);
        } catch (UnknownHostException | RuntimeException e) {
            running.remove(name);
            result.completeExceptionally(e);
        }
    }

    private static InetAddress address(byte[] literal) {
        try {
            return InetAddress.getByAddress(literal);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // its length is right
        }
    }

    /** The answers, on an event loop. */
    private final class Names extends InetNameResolver {
        Names(EventExecutor executor) {
            super(executor);
        }

        @Override
        protected void doResolve(String name, Promise<InetAddress> promise) {
            var unused = addresses(name).whenComplete((found, failure) -> {
                if (failure == null) {
                    promise.trySuccess(found.get(0));
                } else {
                    promise.tryFailure(failure);
                }
            });
        }

        @Override
        protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
            var unused = addresses(name).whenComplete((found, failure) -> {
                if (failure == null) {
                    promise.trySuccess(found);
                } else {
                    promise.tryFailure(failure);
                }
            });
        }
    }
}
