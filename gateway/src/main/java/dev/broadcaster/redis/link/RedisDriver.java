package dev.broadcaster.redis.link;

import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.tls.ClientTls;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.Transports;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce, configured without automatic actions: one event loop, no reconnects, no repeated commands, no queue while
 * disconnected. Its users decide when to reconnect.
 */
public final class RedisDriver implements AutoCloseable {
    static final RedisCodec<CharSequence, Object> CODEC = new Codec(Publishes.MAX_BYTES + Envelope.MAX_HEAD);

    /** The time limit for making a connection, handshake included. */
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    /** The kernel ends a connection on which data was not acknowledged for this time. */
    private static final Duration TCP_USER_TIMEOUT = Duration.ofSeconds(6);

    private final DefaultEventLoopGroupProvider loops;
    private final SystemResolver resolver = new SystemResolver();
    private final AccessFiles files;
    private final ClientResources resources;
    private final EventExecutor loop;
    private final RedisClient client;
    private final @Nullable ClientTls tls;

    /**
     * Starts the event loop; connects to nothing.
     *
     * @param access whose files are read again before each connection
     */
    public RedisDriver(RedisAccess access) {
        this.tls = access.tls();
        this.files = new AccessFiles(access);
        if (System.getProperty("io.netty.leakDetection.level") == null) {
            // Two stack traces for each 128th buffer: 7 % of the CPU time of a publish (22.0 to 20.6 us).
            ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
        }
        loops = new DefaultEventLoopGroupProvider(1, poolName -> new DefaultThreadFactory("broadcaster-redis", true));
        resources = DefaultClientResources.builder()
                .eventLoopGroupProvider(loops)
                .addressResolverGroup(resolver)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .build();
        loop = loops.allocate(Transports.eventLoopGroupClass()).next();
        client = RedisClient.create(resources);
        client.setOptions(configure(ClientOptions.builder()).build());
    }

    /** Runs a task on the event loop; throws {@link java.util.concurrent.RejectedExecutionException} after its end. */
    public void execute(Runnable task) {
        loop.execute(task);
    }

    /** The only thread for everything that concerns Redis. */
    EventExecutor executor() {
        return loop;
    }

    /** Connects for commands; they are sent when the connection is flushed. */
    CompletionStage<StatefulRedisConnection<CharSequence, Object>> connect(RedisURI uri) {
        return refreshed(() -> client.connectAsync(CODEC, uri)).thenApply(RedisDriver::withoutFlushing);
    }

    /** Connects for subscriptions, and for commands whose answers must be in one order with the pushes. */
    CompletionStage<StatefulRedisPubSubConnection<CharSequence, Object>> connectPubSub(RedisURI uri) {
        return refreshed(() -> client.connectPubSubAsync(CODEC, uri)).thenApply(RedisDriver::withoutFlushing);
    }

    /** Asks the nodes of a cluster for its slots. */
    CompletionStage<Void> refreshPartitions(RedisClusterClient cluster) {
        return refreshed(cluster::refreshPartitionsAsync);
    }

    /** Connects when the files of passwords and certificates have been read. */
    private <T> CompletionStage<T> refreshed(Supplier<? extends CompletionStage<T>> connect) {
        return files.refresh().thenCompose(nothing -> connect.get());
    }

    private static <C extends StatefulConnection<?, ?>> C withoutFlushing(C connection) {
        connection.setAutoFlushCommands(false);
        return connection;
    }

    /** A client that finds the nodes of a cluster, and is used for nothing else. */
    RedisClusterClient clusterClient(List<RedisURI> seeds) {
        RedisClusterClient cluster = RedisClusterClient.create(resources, seeds);
        ClusterClientOptions.Builder options = ClusterClientOptions.builder();
        configure(options);
        cluster.setOptions(options.build());
        return cluster;
    }

    /** Called for each connection, on the event loop. */
    private static SslOptions sslOptions(ClientTls tls) {
        return SslOptions.builder()
                .jdkSslProvider()
                .sslContext(context -> {
                    ClientTls.Managers managers = tls.managers();
                    if (managers.trust() != null) {
                        context.trustManager(managers.trust());
                    }
                    if (managers.key() != null) {
                        context.keyManager(managers.key());
                    }
                })
                .build();
    }

    private <B extends ClientOptions.Builder> B configure(B options) {
        SocketOptions.Builder socket =
                SocketOptions.builder().connectTimeout(CONNECT_TIMEOUT).tcpNoDelay(true);
        if (EpollProvider.isAvailable()) {
            socket.tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                    .enable()
                    .tcpUserTimeout(TCP_USER_TIMEOUT)
                    .build());
        }
        options.autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .protocolVersion(ProtocolVersion.RESP3)
                .timeoutOptions(TimeoutOptions.create()) // ours are cheaper, and give the right outcome
                .socketOptions(socket.build());
        if (tls != null) {
            options.sslOptions(sslOptions(tls));
        }
        return options;
    }

    /** Ends every connection and the event loop. Blocks briefly; must not be called on the event loop. */
    @Override
    public void close() {
        resolver.close();
        files.close();
        var closing = client.shutdownAsync(0, 1, TimeUnit.SECONDS);
        try {
            closing.get(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // The event loop ends below, and every connection with it.
        }
        resources.shutdown(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        loops.shutdown(0, 1, TimeUnit.SECONDS)
                .awaitUninterruptibly(2, TimeUnit.SECONDS); // ours, so it has to be ended here
    }

    /**
     * Reads keys and topics as Latin-1, and a value as an {@link Envelope}, or as its bytes if it is not one. A value that
     * is longer than any value of a node is read as empty bytes: memory may not suffice for a copy of 100 MB that a
     * stranger has published to a topic of the relay. Safe from any thread.
     */
    static final class Codec implements RedisCodec<CharSequence, Object> {
        private static final byte[] EMPTY = {};

        private final int maxBytes;

        Codec(int maxBytes) {
            this.maxBytes = maxBytes;
        }

        @Override
        public Topic decodeKey(ByteBuffer bytes) {
            return new Topic(new String(copy(bytes), StandardCharsets.ISO_8859_1));
        }

        @Override
        public Object decodeValue(ByteBuffer bytes) {
            if (bytes.remaining() > maxBytes) {
                return EMPTY;
            }
            try {
                Envelope envelope = Envelope.parse(bytes);
                return envelope == null ? copy(bytes) : envelope;
            } catch (Error e) {
                throw Fatal.end(e); // Lettuce would drop the message, or take it for another reply
            }
        }

        @Override
        public ByteBuffer encodeKey(CharSequence key) {
            return ByteBuffer.wrap(key.toString().getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public ByteBuffer encodeValue(Object value) {
            return ByteBuffer.wrap((byte[]) value);
        }

        private static byte[] copy(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            return copy;
        }
    }
}
