package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.websocket.IoThreads;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Protocols;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

/**
 * The answers of one connection that are given after the next request has been taken up. Undertow reads a request when the
 * exchange before it has ended; an exchange whose answer takes its time takes a place here and ends.
 *
 * <p>It lies between Undertow and the socket. As long as somebody stands in line the socket seems to be full to Undertow, so
 * whatever it writes itself comes behind, and answers go out in the order of the requests, whoever writes them. It holds at
 * most {@value #MAX_PLACES} answers, and cuts a client that does not make room for them. Owned by the connection's I/O
 * thread.
 */
final class AnswerLine extends AbstractStreamSinkConduit<StreamSinkConduit> {
    static final int MAX_PLACES = 64;

    /** How long a client may take to make room for what waits. */
    private static final int READ_TIMEOUT_SECONDS = 10;

    private static final AttachmentKey<Place> PLACE = AttachmentKey.create(Place.class);

    private final WriteReadyHandler channelReady; // tells Undertow's listener
    private final LineSource source;
    private final Metrics metrics;
    private final Deque<Place> places = new ArrayDeque<>(1); // most connections never have one
    private @Nullable Closeable connection; // set with the first place
    private @Nullable ByteBuffer writing; // the answers of the first places
    private int writingPlaces;
    private boolean writeScheduled;
    private XnioExecutor.@Nullable Key cut; // while the socket does not take what is being written
    private boolean resumed; // Undertow has something to write
    private @Nullable Runnable last; // a request that waits until the line is empty
    private boolean lost; // the connection

    private AnswerLine(StreamConnection stream, LineSource source, Metrics metrics) {
        super(stream.getSinkChannel().getConduit());
        this.channelReady = new WriteReadyHandler.ChannelListenerHandler<>(stream.getSinkChannel());
        this.source = source;
        this.metrics = metrics;
    }

    /** Puts a line under a connection that Undertow has not seen yet. */
    static void install(StreamConnection stream, Metrics metrics) {
        LineSource source = new LineSource(stream.getSourceChannel().getConduit());
        AnswerLine line = new AnswerLine(stream, source, metrics);
        stream.getSourceChannel().setConduit(source);
        stream.getSinkChannel().setConduit(line);
        line.next.setWriteReadyHandler(line.new SocketReady());
    }

    /** Takes the line away from a connection that speaks HTTP no more. */
    static void remove(StreamConnection stream) {
        ConduitStreamSinkChannel sink = stream.getSinkChannel();
        if (sink.getConduit() instanceof AnswerLine line && line.places.isEmpty()) {
            sink.setConduit(line.next);
            line.next.setWriteReadyHandler(line.channelReady);
        }
        if (stream.getSourceChannel().getConduit() instanceof LineSource source) {
            stream.getSourceChannel().setConduit(source.next());
        }
    }

    /** Ends an exchange that has no answer yet, whose place is kept; false if it can't be, and nothing has happened. */
    static boolean takePlace(HttpServerExchange exchange) {
        AnswerLine line = under(exchange);
        if (line == null || !line.admits(exchange)) {
            return false;
        }
        exchange.putAttachment(PLACE, line.add(exchange.getConnection()));
        Connectors.terminateResponse(exchange);
        return true;
    }

    /** Runs a task of the current exchange once nobody stands in line any more; never, if the connection is lost before. */
    static Executor whenEmpty(HttpServerExchange exchange) {
        return task -> {
            AnswerLine line = under(exchange);
            if (line == null || line.places.isEmpty()) {
                task.run();
            } else {
                line.last = task;
            }
        };
    }

    /** How many answers to earlier requests of this connection are missing. */
    static int missing(HttpServerExchange exchange) {
        AnswerLine line = under(exchange);
        return line == null ? 0 : line.places.size();
    }

    private static @Nullable AnswerLine under(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof AbstractServerConnection connection
                        && connection.getOriginalSinkConduit() instanceof AnswerLine line
                ? line
                : null;
    }

    /** The place that an exchange has taken, if it has. */
    static @Nullable Place place(HttpServerExchange exchange) {
        return exchange.getAttachment(PLACE);
    }

    private boolean admits(HttpServerExchange exchange) {
        return !lost
                && places.size() < MAX_PLACES
                && exchange.isInIoThread()
                && exchange.isRequestComplete()
                && !exchange.isResponseStarted()
                && !exchange.isResponseComplete()
                && exchange.isPersistent()
                && exchange.getProtocol().equals(Protocols.HTTP_1_1);
    }

    private Place add(ServerConnection served) {
        if (connection == null) {
            connection = served;
            served.addCloseListener(closed -> onClosed());
        }
        Place place = new Place();
        places.add(place);
        source.hold();
        return place;
    }

    private void onClosed() {
        lost = true;
        last = null;
        setCut(null);
        for (Place place = places.poll(); place != null; place = places.poll()) {
            place.leave();
        }
    }

    /** Where the answer to one request will stand. */
    final class Place {
        private byte @Nullable [] answer;
        private @Nullable Runnable left;

        /** Takes the whole answer, with its header. Once, on the connection's I/O thread. */
        void answer(byte[] bytes) {
            answer = bytes;
            if (places.peek() != this || writing != null || writeScheduled) {
                return; // those before it take it along
            }
            if (places.size() == 1) {
                write();
            } else {
                writeScheduled = true; // answers that come together go out together
                IoThreads.executeAfterwards(AnswerLine.this::writeScheduled);
            }
        }

        /** Told once the last byte of the answer has been written, or the connection is lost. */
        void onLeft(Runnable listener) {
            left = listener;
        }

        private void leave() {
            if (left != null) {
                left.run();
            }
        }
    }

    private XnioIoThread thread() {
        return next.getWriteThread();
    }

    private void writeScheduled() {
        writeScheduled = false;
        if (writing == null && !lost) {
            write();
        }
    }

    /** Writes the answers of the first places that have theirs, as far as the socket takes them. */
    private void write() {
        try {
            while (gather()) {
                if (!send(writing)) {
                    waitForSocket();
                    return;
                }
                writing = null;
                for (; writingPlaces > 0; writingPlaces--) {
                    places.remove().leave();
                }
            }
        } catch (IOException e) {
            IoUtils.safeClose(connection);
            return;
        }
        if (cut != null) {
            setCut(null);
            next.suspendWrites();
        }
        if (places.isEmpty()) {
            source.release();
            if (resumed) {
                next.resumeWrites();
            }
            Runnable task = last;
            if (task != null) {
                last = null;
                task.run();
            }
        }
    }

    /** Whether something is to be written. */
    private boolean gather() {
        if (writing != null) {
            return true;
        }
        int length = 0;
        for (Place place : places) {
            if (place.answer == null) {
                break;
            }
            length += place.answer.length;
            writingPlaces++;
        }
        if (writingPlaces == 0) {
            return false;
        }
        ByteBuffer all = ByteBuffer.allocate(length);
        for (Place place : places) {
            if (place.answer == null) {
                break;
            }
            all.put(place.answer);
        }
        writing = all.flip();
        return true;
    }

    private boolean send(@Nullable ByteBuffer bytes) throws IOException {
        while (bytes != null && bytes.hasRemaining()) {
            if (next.write(bytes) == 0) {
                return false;
            }
        }
        return next.flush(); // TLS has a buffer of its own
    }

    private void waitForSocket() {
        if (cut == null) {
            setCut(thread().executeAfter(
                            () -> {
                                metrics.countRefusal(Refusal.SLOW_READER);
                                IoUtils.safeClose(connection);
                            },
                            READ_TIMEOUT_SECONDS,
                            TimeUnit.SECONDS));
        }
        next.resumeWrites();
    }

    private void setCut(XnioExecutor.@Nullable Key key) {
        if (cut != null) {
            cut.remove();
        }
        cut = key;
    }

    /** The socket can take something. */
    private final class SocketReady implements WriteReadyHandler {
        @Override
        public void writeReady() {
            if (places.isEmpty()) {
                channelReady.writeReady();
            } else if (writing != null) {
                write();
            } else {
                next.suspendWrites();
            }
        }

        @Override
        public void forceTermination() {
            channelReady.forceTermination();
        }

        @Override
        public void terminated() {
            channelReady.terminated();
        }
    }

    // ---- what Undertow asks for

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return places.isEmpty() ? next.write(bytes) : 0;
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return places.isEmpty() ? next.write(buffers, offset, length) : 0;
    }

    @Override
    public int writeFinal(ByteBuffer bytes) throws IOException {
        return Conduits.writeFinalBasic(this, bytes);
    }

    @Override
    public long writeFinal(ByteBuffer[] buffers, int offset, int length) throws IOException {
        return Conduits.writeFinalBasic(this, buffers, offset, length);
    }

    @Override
    public long transferFrom(FileChannel from, long position, long count) throws IOException {
        return places.isEmpty() ? next.transferFrom(from, position, count) : 0;
    }

    @Override
    public long transferFrom(StreamSourceChannel from, long count, ByteBuffer through) throws IOException {
        return Conduits.transfer(from, count, through, this);
    }

    @Override
    public boolean flush() throws IOException {
        return places.isEmpty() && next.flush();
    }

    @Override
    public void resumeWrites() {
        resumed = true;
        if (places.isEmpty()) {
            next.resumeWrites();
        }
    }

    @Override
    public void wakeupWrites() {
        resumed = true;
        if (places.isEmpty()) {
            next.wakeupWrites();
        }
    }

    @Override
    public void suspendWrites() {
        resumed = false;
        if (cut == null) {
            next.suspendWrites();
        }
    }

    @Override
    public boolean isWriteResumed() {
        return resumed;
    }
}
