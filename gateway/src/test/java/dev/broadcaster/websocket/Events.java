package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntSupplier;

/** The events that a reader found in a stream, and its end, as text. */
final class Events implements FrameHandler {
    private static final Field MESSAGE = field(FrameReader.class, "message");
    private static final Field BYTES = field(MessageBuffer.class, "bytes");
    private static final Field CONTROL = field(FrameReader.class, "control");

    private final List<String> all = new ArrayList<>();
    private final int stopEvery;
    private final boolean acceptsDeflated;
    private int messages;
    private boolean closed;

    private Events(int stopEvery, boolean acceptsDeflated) {
        this.stopEvery = stopEvery;
        this.acceptsDeflated = acceptsDeflated;
    }

    /** Reads {@code stream} in one piece. */
    static List<String> of(int maxMessageBytes, byte[] stream) {
        return read(stream, maxMessageBytes, 0, () -> stream.length).all;
    }

    /**
     * Reads {@code stream} like its owner: in pieces of the lengths of {@code pieces}, and continues where the handler
     * stopped.
     *
     * @param stopEvery the handler stops at every message of this number; 0 = never
     */
    static Events read(byte[] stream, int maxMessageBytes, int stopEvery, IntSupplier pieces) {
        return read(stream, maxMessageBytes, stopEvery, false, pieces);
    }

    /** Like {@link #read}, for a client that may send deflated messages. */
    static Events readDeflated(byte[] stream, int maxMessageBytes, int stopEvery, IntSupplier pieces) {
        return read(stream, maxMessageBytes, stopEvery, true, pieces);
    }

    private static Events read(
            byte[] stream, int maxMessageBytes, int stopEvery, boolean acceptsDeflated, IntSupplier pieces) {
        MessageInflater inflater = new MessageInflater();
        FrameReader reader = new FrameReader(maxMessageBytes, inflater);
        Events events = new Events(stopEvery, acceptsDeflated);
        try {
            for (int from = 0; from < stream.length && !events.closed; ) {
                int length = Math.min(pieces.getAsInt(), stream.length - from);
                // Not at the start of its array, and exactly as long: the reader may read no other byte.
                byte[] piece = new byte[length + 3];
                System.arraycopy(stream, from, piece, 3, length);
                for (int at = 3; at < piece.length && !events.closed; ) {
                    int stopped = reader.read(piece, at, piece.length, events);
                    assertThat(stopped).isBetween(at + 1, piece.length);
                    at = stopped;
                }
                from += length;
                assertThat(buffered(reader)).isLessThanOrEqualTo(2L * from + 125);
            }
            events.all.add(reader.isIdle() ? "idle" : "unfinished");
        } catch (FrameException e) {
            events.all.add(e.code() + ": " + e.getMessage());
        } finally {
            inflater.close();
        }
        return events;
    }

    List<String> all() {
        return all;
    }

    @Override
    public boolean onMessage(byte[] bytes, int from, int to, boolean text) {
        all.add((text ? "text " : "binary ") + hex(bytes, from, to));
        messages++;
        return stopEvery == 0 || messages % stopEvery != 0;
    }

    @Override
    public boolean acceptsDeflated() {
        return acceptsDeflated;
    }

    @Override
    public void onPing(byte[] bytes, int from, int to) {
        all.add("ping " + hex(bytes, from, to));
    }

    @Override
    public void onPong() {
        all.add("pong");
    }

    @Override
    public void onClose(int code) {
        all.add("close " + code);
        closed = true;
    }

    private static String hex(byte[] bytes, int from, int to) {
        return to - from > 200
                ? (to - from) + " bytes " + Arrays.hashCode(Arrays.copyOfRange(bytes, from, to))
                : HexFormat.of().formatHex(bytes, from, to);
    }

    private static long buffered(FrameReader reader) {
        try {
            return ((byte[]) BYTES.get(MESSAGE.get(reader))).length + ((byte[]) CONTROL.get(reader)).length;
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    private static Field field(Class<?> owner, String name) {
        try {
            Field field = owner.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new AssertionError(e);
        }
    }
}
