package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
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

/** The reading of a socket: how often, and for how long. */
final class InboundTest {
    private static final int READ_BYTES = 64 * 1024;
    /** A pong, masked: 8 bytes that end nothing and get no answer. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x82, 0, 0, 0, 0, 7, 7};

    private OneThread thread;
    private Source source;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread();
        source = new Source(thread.xnio());
    }

    @AfterEach
    void close() {
        thread.close();
    }

    /** A connection whose first event has been handled. */
    private Connection connect(StreamConnection stream) throws Exception {
        Connection connection = thread.connection(stream);
        thread.run(connection::start);
        return connection;
    }

    @Test
    void aSocketThatIsNeverEmpty_isReadFourTimes_andComesAgain() throws Exception {
        source.give(PONG, 10 * READ_BYTES);

        Connection connection = connect(new Plain(source));

        assertThat(source.reads).isEqualTo(4);
        assertThat(source.wakeups).isEqualTo(1);
        assertThat(source.left()).isEqualTo(6 * READ_BYTES);
        assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void aSocketThatGaveLessThanItMight_isNotAskedAgain() throws Exception {
        source.give(PONG, READ_BYTES + 800);

        connect(new Plain(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.left()).isZero();
        assertThat(source.wakeups).isZero();
    }

    @Test
    void tlsIsAskedUntilItHasNothing_becauseARecordEndsBeforeTheBuffer() throws Exception {
        source.give(PONG, 800);

        connect(new Secure(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.wakeups).isZero();
    }

    @Test
    void whatFollowsABrokenFrame_isReadAndDropped() throws Exception {
        source.give(new byte[] {(byte) 0xff}, 2 * READ_BYTES + 100);

        Connection connection = connect(new Plain(source));

        assertThat(source.left()).isZero();
        assertThat(connection.isOpen()).isFalse();
        assertThat(connection.isClosed())
                .as("still waits for the client's close")
                .isFalse();
        assertThat(thread.list.openCount()).isZero();
    }

    @Test
    void theEndOfTheStream_endsTheConnection() throws Exception {
        source.give(PONG, 800);
        source.ended = true;
        Connection connection = connect(new Secure(source));

        assertThat(connection.isClosed()).isTrue();
        assertThat(thread.list.openCount()).isZero();
    }

    /** A socket with the input that the test gave it. */
    static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private ByteBuffer bytes = ByteBuffer.allocate(0);
        boolean ended;
        int reads;
        int wakeups;

        Source(XnioIoThread thread) {
            super(new EmptyStreamSourceConduit(thread));
        }

        /** Gives {@code length} bytes, {@code pattern} repeated. */
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

    static class Plain extends StreamConnection {
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
