package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.Shard;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.ChannelListener;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.EmptyStreamSourceConduit;
import org.xnio.conduits.NullStreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;
import org.xnio.ssl.SslConnection;

/** How a socket is read: how often, and for how long. */
final class InboundTest {
    private static final int READ_BYTES = 64 * 1024;
    /** A pong, masked: 8 bytes that end nothing and are answered with nothing. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x82, 0, 0, 0, 0, 7, 7};

    private final Metrics metrics = new Metrics();
    private final ConnectionList list = new ConnectionList();
    private IoThreads threads;
    private List<Shard> shards;
    private Connections connections;
    private Source source;

    @BeforeEach
    void start() throws Exception {
        FakeTime time = new FakeTime();
        WebSocketConfig config = new WebSocketConfig(
                0, 0, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(25), Duration.ofSeconds(60), false);
        threads = new IoThreads(1, config);
        shards = new Hub(null, threads.shardThreads(), time, metrics).shards(); // nobody subscribes: no relay
        connections = new Connections(config, threads, shards, null, new TimingWheel(time), time, metrics);
        source = new Source(threads.worker().getIoThread());
    }

    @AfterEach
    void close() {
        threads.close();
        metrics.close();
    }

    /** A connection whose first event has been handled. */
    private Connection connect(StreamConnection stream) {
        Connection connection =
                new Connection(connections, stream, threads.threads().get(0), shards.get(0), list, true, false);
        list.add(connection);
        connection.start();
        return connection;
    }

    @Test
    void aSocketThatIsNeverEmpty_isReadFourTimes_andComesAgain() {
        source.give(PONG, 10 * READ_BYTES);

        Connection connection = connect(new Plain(source));

        assertThat(source.reads).isEqualTo(4);
        assertThat(source.wakeups).isEqualTo(1);
        assertThat(source.left()).isEqualTo(6 * READ_BYTES);
        assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void aSocketThatGaveLessThanItMight_isNotAskedAgain() {
        source.give(PONG, READ_BYTES + 800);

        connect(new Plain(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.left()).isZero();
        assertThat(source.wakeups).isZero();
    }

    @Test
    void tlsIsAskedUntilItHasNothing_becauseARecordEndsBeforeTheBuffer() {
        source.give(PONG, 800);

        connect(new Secure(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.wakeups).isZero();
    }

    @Test
    void whatFollowsABrokenFrame_isReadAndDropped() {
        source.give(new byte[] {(byte) 0xff}, 2 * READ_BYTES + 100);

        Connection connection = connect(new Plain(source));

        assertThat(source.left()).isZero();
        assertThat(connection.isOpen()).isFalse();
        assertThat(connection.isClosed())
                .as("still waits for the client's close")
                .isFalse();
        assertThat(list.openCount()).isZero();
    }

    @Test
    void theEndOfTheStream_endsTheConnection() {
        source.give(PONG, 800);
        source.ended = true;
        Connection connection = connect(new Secure(source));

        assertThat(connection.isClosed()).isTrue();
        assertThat(list.openCount()).isZero();
    }

    /** A socket that has what the test gave it. */
    private static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private ByteBuffer bytes = ByteBuffer.allocate(0);
        private boolean ended;
        private int reads;
        private int wakeups;

        Source(XnioIoThread thread) {
            super(new EmptyStreamSourceConduit(thread));
        }

        /** Gives {@code length} bytes, {@code pattern} again and again. */
        void give(byte[] pattern, int length) {
            bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining()) {
                bytes.put(pattern);
            }
            bytes.flip();
        }

        int left() {
            return bytes.remaining();
        }

        @Override
        public int read(ByteBuffer to) {
            reads++;
            int count = Math.min(to.remaining(), bytes.remaining());
            if (count == 0) {
                return ended ? -1 : 0;
            }
            to.put(bytes.slice().limit(count));
            bytes.position(bytes.position() + count);
            return count;
        }

        @Override
        public void resumeReads() {}

        @Override
        public void wakeupReads() {
            wakeups++;
        }
    }

    private static final class Plain extends StreamConnection {
        Plain(Source source) {
            super(source.getReadThread());
            setSourceConduit(source);
            setSinkConduit(new NullStreamSinkConduit(source.getReadThread()));
        }

        @Override
        public SocketAddress getPeerAddress() {
            return new InetSocketAddress(0);
        }

        @Override
        public SocketAddress getLocalAddress() {
            return new InetSocketAddress(0);
        }
    }

    private static final class Secure extends SslConnection {
        Secure(Source source) {
            super(source.getReadThread());
            setSourceConduit(source);
            setSinkConduit(new NullStreamSinkConduit(source.getReadThread()));
        }

        @Override
        public void startHandshake() {}

        @Override
        public SSLSession getSslSession() {
            return null;
        }

        @Override
        public ChannelListener.Setter<? extends SslConnection> getHandshakeSetter() {
            return null;
        }

        @Override
        public SocketAddress getPeerAddress() {
            return new InetSocketAddress(0);
        }

        @Override
        public SocketAddress getLocalAddress() {
            return new InetSocketAddress(0);
        }
    }
}
