package dev.broadcaster.http;

import dev.broadcaster.http.UnreadAnswers.Place;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Responses;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Replaces the socket to which Undertow writes responses. Tells {@link SlowReader} while Undertow waits for the socket,
 * and counts in {@link UnreadAnswers} the bytes that a response holds meanwhile. Owned by the connection's I/O thread.
 */
final class AnswerSink extends AbstractStreamSinkConduit<StreamSinkConduit> {
    /** The response of Undertow to an unreadable head, or one with too many fields; no handler is called for it. */
    private static final ByteBuffer UNREADABLE =
            ascii("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    /** Replaces it: the same with an error of PROTOCOL section 6. */
    private static final ByteBuffer UNREADABLE_ERROR = badRequest("request head: malformed or too large");

    /** In the responses of Undertow to a Host that it does not accept: the status, and the end. */
    private static final ByteBuffer BAD_REQUEST = ascii(" 400 ");

    private static final ByteBuffer BAD_HOST = ascii("\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");

    /** They have a reason of at most 40 characters between. */
    private static final int MAX_BAD_REQUEST = 120;

    private static final ByteBuffer BAD_HOST_ERROR = badRequest(StrictHttpHandler.BAD_HOST);

    private final SlowReader slowReader;
    private @Nullable Place waiting; // null while the socket takes everything

    private AnswerSink(StreamSinkConduit socket, SlowReader slowReader) {
        super(socket);
        this.slowReader = slowReader;
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)).asReadOnlyBuffer();
    }

    /** Names the version of WebSocket, as the refusal of a handshake must: whether it was one is not known here. */
    private static ByteBuffer badRequest(String message) {
        byte[] body = Responses.errorBody(ErrorCode.INVALID_ARGUMENT, message);
        String head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                + "\r\nSec-WebSocket-Version: " + WebSocketHandler.SUPPORTED_VERSION
                + "\r\nConnection: close\r\n\r\n";
        ByteBuffer answer = ByteBuffer.allocate(head.length() + body.length);
        answer.put(head.getBytes(StandardCharsets.US_ASCII)).put(body).flip();
        return answer.asReadOnlyBuffer();
    }

    /** Puts a sink under a new connection, before Undertow gets it. */
    static AnswerSink install(StreamConnection connection, UnreadAnswers answers) {
        StreamSinkConduit socket = connection.getSinkChannel().getConduit();
        AnswerSink sink = new AnswerSink(socket, new SlowReader(connection, answers));
        connection.getSinkChannel().setConduit(sink);
        return sink;
    }

    /** Removes it from a connection that no longer uses HTTP. */
    static void remove(StreamConnection connection) {
        if (connection.getSinkChannel().getConduit() instanceof AnswerSink sink) {
            sink.forget();
            connection.getSinkChannel().setConduit(sink.next);
        }
    }

    /** Gives back the bytes of the response, which is not written any more. */
    void forget() {
        slowReader.onNothingWaiting();
        release();
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        ByteBuffer error = error(bytes);
        if (error != null) {
            slowReader.answers().countUnreadable();
            next.write(error.duplicate()); // cut if the socket does not take all: the connection ends
            int length = bytes.remaining();
            bytes.position(bytes.limit());
            return length;
        }
        int count = next.write(bytes);
        onTaken(count);
        if (waiting != null || bytes.hasRemaining()) {
            hold(held(bytes));
        }
        return count;
    }

    /** The response in the place of one of Undertow without a body; null for all others. */
    private static @Nullable ByteBuffer error(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (length < UNREADABLE.remaining() || length > MAX_BAD_REQUEST || bytes.get(bytes.position() + 9) != '4') {
            return null;
        }
        if (bytes.equals(UNREADABLE)) {
            return UNREADABLE_ERROR;
        }
        ByteBuffer status = bytes.slice(bytes.position() + 8, BAD_REQUEST.remaining()); // behind HTTP/1.1 or HTTP/1.0
        ByteBuffer end = bytes.slice(bytes.limit() - BAD_HOST.remaining(), BAD_HOST.remaining());
        return status.equals(BAD_REQUEST) && end.equals(BAD_HOST) ? BAD_HOST_ERROR : null;
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        long count = next.write(buffers, offset, length);
        onTaken(count);
        if (waiting != null || buffers[offset + length - 1].hasRemaining()) {
            long held = 0;
            for (int i = offset; i < offset + length; i++) {
                held += held(buffers[i]);
            }
            hold(held);
        }
        return count;
    }

    /**
     * The bytes that a buffer holds until the socket has taken all of it. A read-only buffer is shared by many
     * responses.
     */
    private static long held(ByteBuffer bytes) {
        return bytes.hasRemaining() && !bytes.isReadOnly() ? bytes.capacity() : 0;
    }

    private void hold(long bytes) throws IOException {
        Place place = waiting;
        if (place != null && place.bytes() == bytes) {
            return;
        }
        release();
        if (bytes > 0) {
            waiting = slowReader.answers().add(slowReader.connection(), bytes);
            if (waiting == null) {
                throw new IOException("no memory for an answer that is not read");
            }
        }
    }

    private void release() {
        Place place = waiting;
        if (place != null) {
            waiting = null;
            slowReader.answers().remove(place);
        }
    }

    private void onTaken(long count) {
        if (count > 0) {
            slowReader.onTaken();
            if (waiting != null) {
                waiting.onTaken(count);
            }
        }
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
        long taken = next.transferFrom(from, position, count);
        onTaken(taken);
        return taken;
    }

    @Override
    public long transferFrom(StreamSourceChannel from, long count, ByteBuffer through) throws IOException {
        return Conduits.transfer(from, count, through, this);
    }

    @Override
    public void resumeWrites() {
        slowReader.onWaiting();
        next.resumeWrites();
    }

    @Override
    public void wakeupWrites() {
        slowReader.onWaiting();
        next.wakeupWrites();
    }

    @Override
    public void suspendWrites() {
        slowReader.onNothingWaiting();
        next.suspendWrites();
    }
}
