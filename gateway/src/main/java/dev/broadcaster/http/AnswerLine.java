package dev.broadcaster.http;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.websocket.IoThreads;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Protocols;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

/**
 * The answers of one connection that are given after the next request has been taken up. Undertow reads a request when the
 * exchange before it has ended; an exchange whose answer takes its time takes a place here and ends.
 *
 * <p>It lies between Undertow and the socket, which seems to be full as long as somebody stands in line ({@link LineSink}). So
 * answers go out in the order of the requests, whoever writes them. It holds at most {@value #MAX_PLACES} answers. It and
 * {@link LineSink} tell {@link SlowReader} what waits for the socket. Owned by the connection's I/O thread.
 */
final class AnswerLine {
    static final int MAX_PLACES = 64;

    private static final AttachmentKey<Place> PLACE = AttachmentKey.create(Place.class);

    private final StreamSinkConduit socket;
    private final WriteReadyHandler channelReady; // tells Undertow's listener
    private final LineSink sink;
    private final LineSource source;
    private final SlowReader slowReader;
    private final Deque<Place> places = new ArrayDeque<>(1); // most connections never have one
    private @Nullable Closeable connection; // set with the first place
    private @Nullable ByteBuffer writing; // the answers of the first places
    private int writingPlaces;
    private boolean writeScheduled;
    private @Nullable Runnable last; // a request that waits until the line is empty
    private boolean lost; // the connection

    private AnswerLine(StreamConnection stream, Metrics metrics) {
        this.socket = stream.getSinkChannel().getConduit();
        this.channelReady = new WriteReadyHandler.ChannelListenerHandler<>(stream.getSinkChannel());
        this.slowReader = new SlowReader(stream, metrics);
        this.sink = new LineSink(socket, this, slowReader);
        this.source = new LineSource(stream.getSourceChannel().getConduit(), this);
    }

    /** Puts a line under a connection that Undertow has not seen yet. */
    static void install(StreamConnection stream, Metrics metrics) {
        AnswerLine line = new AnswerLine(stream, metrics);
        stream.getSourceChannel().setConduit(line.source);
        stream.getSinkChannel().setConduit(line.sink);
        line.socket.setWriteReadyHandler(line.new SocketReady());
    }

    /** Takes the line away from a connection that speaks HTTP no more. */
    static void remove(StreamConnection stream) {
        ConduitStreamSinkChannel channel = stream.getSinkChannel();
        if (channel.getConduit() instanceof LineSink sink && sink.line().isEmpty()) {
            AnswerLine line = sink.line();
            line.slowReader.onNothingWaiting();
            channel.setConduit(line.socket);
            line.socket.setWriteReadyHandler(line.channelReady);
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
            if (line == null || line.isEmpty()) {
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
                        && connection.getOriginalSinkConduit() instanceof LineSink sink
                ? sink.line()
                : null;
    }

    /** The place that an exchange has taken, if it has. */
    static @Nullable Place place(HttpServerExchange exchange) {
        return exchange.getAttachment(PLACE);
    }

    /** Whether nobody stands in line. */
    boolean isEmpty() {
        return places.isEmpty();
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
        return place;
    }

    private void onClosed() {
        lost = true;
        last = null;
        slowReader.onNothingWaiting();
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
        if (slowReader.isWaiting()) {
            slowReader.onNothingWaiting();
            socket.suspendWrites();
        }
        if (places.isEmpty()) {
            source.release();
            sink.release();
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
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        for (Place place : places) {
            if (place.answer == null) {
                break;
            }
            answers.writeBytes(place.answer);
            writingPlaces++;
        }
        if (writingPlaces == 0) {
            return false;
        }
        writing = ByteBuffer.wrap(answers.toByteArray());
        return true;
    }

    private boolean send(@Nullable ByteBuffer bytes) throws IOException {
        while (bytes != null && bytes.hasRemaining()) {
            if (socket.write(bytes) == 0) {
                return false;
            }
            slowReader.onTaken();
        }
        return socket.flush(); // TLS has a buffer of its own
    }

    private void waitForSocket() {
        slowReader.onWaiting();
        socket.resumeWrites();
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
                socket.suspendWrites();
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
}
