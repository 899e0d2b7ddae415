package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.testing.Frame;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.ChannelListener;
import org.xnio.StreamConnection;
import org.xnio.XnioIoThread;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.EmptyStreamSourceConduit;
import org.xnio.conduits.NullStreamSinkConduit;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;
import org.xnio.ssl.SslConnection;

/** The reading of a socket: how often, and for how long. */
final class InboundTest {
    private static final int READ_BYTES = 64 * 1024;
    /** A pong, masked: 8 bytes that end nothing and get no answer. */
    private static final byte[] PONG = {(byte) 0x8a, (byte) 0x82, 0, 0, 0, 0, 7, 7};

    /** The same with 125 bytes. */
    private static final byte[] LARGE_PONG = new byte[131];

    static {
        LARGE_PONG[0] = (byte) 0x8a;
        LARGE_PONG[1] = (byte) (0x80 | 125);
    }

    private OneThread thread;
    private Source source;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread();
        await().until(() -> thread.call(IoThreads::selections) > 0); // as a thread that has accepted a connection has
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

    /** Like {@link #connect}, on the thread. */
    private Connection connectHere(StreamConnection stream) {
        Connection connection = thread.connection(stream);
        connection.start();
        return connection;
    }

    @Test
    void socketThatIsNeverEmpty_isReadFourTimes_andLeftToTheSelector() throws Exception {
        byte[] partOfAMessage = {(byte) 0x82, (byte) 0xff, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0}; // of 1 MiB
        source.give(partOfAMessage, 10 * READ_BYTES);

        Connection connection = connect(new Plain(source));

        assertThat(source.reads).isEqualTo(4);
        assertThat(source.wakeups).isZero();
        assertThat(source.left()).isEqualTo(6 * READ_BYTES);
        assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void tlsThatIsNeverEmpty_isReadOnAfterTheOtherSockets() throws Exception {
        source.give(LARGE_PONG, 18 * READ_BYTES);

        thread.run(() -> connectHere(new Secure(source)));
        await().until(() -> thread.call(() -> source.left() == 0));

        assertThat(source.selections.keySet()).as("selections before a read").hasSizeGreaterThanOrEqualTo(5);
    }

    /** As Undertow does: each read of TLS adds a task that reports the socket again. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tlsThatReportsEachRead_isReadAFewTimesPerSelection(boolean closing) throws Exception {
        int records = 5_000;
        source.give(PONG, records * PONG.length);
        source.mostBytes = PONG.length;
        source.repeats = true;

        thread.run(() -> {
            Connection connection = connectHere(new Secure(source));
            if (closing) {
                connection.close(CloseCode.GOING_AWAY, "as this test wants it");
            }
        });
        await().until(() -> thread.call(() -> source.left() == 0));

        assertThat(source.selections.values()).as("reads between two selects").allMatch(reads -> reads <= 16);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manySmallFrames_takeSeveralTurns(boolean secure) throws Exception {
        source.give(PONG, READ_BYTES / PONG.length * PONG.length);
        AtomicReference<Connection> connection = new AtomicReference<>();
        AtomicLong unread = new AtomicLong();

        thread.run(() -> {
            connection.set(connectHere(secure ? new Secure(source) : new Plain(source)));
            unread.set(thread.input.used());
        });

        assertThat(unread.get())
                .as("bytes after one turn")
                .isEqualTo(READ_BYTES - (long) Turn.UNITS / Turn.PART_UNITS * PONG.length);
        await().until(() -> thread.input.used() == 0);
        assertThat(connection.get().isOpen()).isTrue();
    }

    @Test
    void smallFrames_areHandledAtOnce_whenThereIsNoMemoryToPutThemOff() throws Exception {
        source.give(PONG, READ_BYTES / PONG.length * PONG.length);
        AtomicLong unread = new AtomicLong();
        thread.input.add(thread.input.limit());

        thread.run(() -> {
            connectHere(new Plain(source));
            unread.set(thread.input.used());
        });

        assertThat(unread.get()).isEqualTo(thread.input.limit());
    }

    @Test
    void connectionIsReadInItsNextTurn_whenARequestTookLong() throws Exception {
        byte[] heartbeat = Frame.text("{\"id\":1,\"method\":\"heartbeat\"}").bytes();
        source.give(heartbeat, heartbeat.length);
        source.onRead = () -> thread.time.advanceNanos(Turn.LONG_NANOS + 1);
        AtomicReference<Connection> connection = new AtomicReference<>();

        thread.run(() -> {
            connection.set(connectHere(new Plain(source)));
            source.onRead = () -> {};
            source.give(heartbeat, heartbeat.length);
        });
        await("the second request, which no selector has reported").until(() -> thread.call(() -> source.left() == 0));

        assertThat(source.reads).isEqualTo(2);
        assertThat(connection.get().isOpen()).isTrue();
    }

    @Test
    void aSocketThatGaveFewerBytesThanAsked_isNotReadAgain() throws Exception {
        source.give(LARGE_PONG, READ_BYTES + 800);

        connect(new Plain(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.left()).isZero();
        assertThat(source.wakeups).isZero();
    }

    @Test
    void tlsIsReadUntilItIsEmpty_becauseARecordEndsBeforeTheBuffer() throws Exception {
        source.give(PONG, 800);

        connect(new Secure(source));

        assertThat(source.reads).isEqualTo(2);
        assertThat(source.wakeups).isZero();
    }

    @Test
    void bytesAfterABrokenFrame_areReadAndDropped() throws Exception {
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
        Runnable onRead = () -> {};
        final Map<Integer, Integer> selections = new HashMap<>(); // with the number of reads after each
        int mostBytes = Integer.MAX_VALUE; // of a read
        boolean repeats;
        private boolean resumed;
        private @Nullable ReadReadyHandler handler;

        Source(XnioIoThread thread) {
            super(new EmptyStreamSourceConduit(thread));
        }

        /** Gives {@code length} bytes, {@code pattern} repeated. */
        void give(byte[] pattern, int length) {
            bytes = ByteBuffer.allocate(length);
            while (bytes.hasRemaining()) {
                bytes.put(pattern, 0, Math.min(pattern.length, bytes.remaining()));
            }
            bytes.flip();
        }

        int left() {
            return bytes.remaining();
        }

        @Override
        public int read(ByteBuffer to) {
            reads++;
            selections.merge(IoThreads.selections(), 1, Integer::sum);
            int count = Math.min(mostBytes, Math.min(to.remaining(), bytes.remaining()));
            if (count == 0) {
                return ended ? -1 : 0;
            }
            onRead.run();
            to.put(bytes.slice().limit(count));
            bytes.position(bytes.position() + count);
            if (repeats && resumed) {
                repeat();
            }
            return count;
        }

        private void repeat() {
            getReadThread().execute(() -> {
                if (resumed) {
                    handler.readReady();
                }
            });
        }

        @Override
        public void setReadReadyHandler(ReadReadyHandler newHandler) {
            handler = newHandler;
        }

        @Override
        public void resumeReads() {
            resumed = true;
            if (repeats && bytes.hasRemaining()) {
                repeat();
            }
        }

        @Override
        public void suspendReads() {
            resumed = false;
        }

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
