package dev.broadcaster.websocket;

import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;

/** One I/O thread with its shard and its list, for connections to which nobody publishes and that ask for nothing. */
final class OneThread implements AutoCloseable {
    final ConnectionList list = new ConnectionList();
    private final Metrics metrics = new Metrics();
    private final IoThreads threads;
    private final Shard shard;
    private final Connections connections;

    OneThread() throws IOException {
        FakeTime time = new FakeTime();
        WebSocketConfig config = new WebSocketConfig(
                0, 0, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(25), Duration.ofSeconds(60), false);
        threads = new IoThreads(1, config);
        Hub hub = new Hub(null, threads.shardThreads(), time, metrics); // nobody subscribes: no relay
        shard = hub.shards().get(0);
        connections = new Connections(config, threads, hub.shards(), null, new TimingWheel(time), time, metrics);
    }

    XnioIoThread xnio() {
        return threads.worker().getIoThread(0);
    }

    /** A connection that is in the list. Without a {@code stream} it can't be started. */
    Connection connection(@Nullable StreamConnection stream) {
        Connection connection =
                new Connection(connections, stream, threads.threads().get(0), shard, list, true, false);
        list.add(connection);
        return connection;
    }

    @Override
    public void close() {
        threads.close();
        metrics.close();
    }
}
