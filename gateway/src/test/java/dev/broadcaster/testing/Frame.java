package dev.broadcaster.testing;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket frame (RFC 6455 section 5.2): the only codec of the tests. When sending, a test may set each bit of the
 * header; the default is a legal frame of a client: final, masked, in the shortest form of its length. Reading checks
 * the frames of a server strictly: no mask, no reserved bit without an extension, the shortest length, a known opcode,
 * control frames whole and short.
 */
public record Frame(
        boolean fin, int rsv, int opcode, boolean masked, LengthForm form, long declaredLength, byte[] payload) {

    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    public enum LengthForm {
        SHORTEST,
        SIXTEEN_BITS,
        SIXTY_FOUR_BITS
    }

    /** The next {@code count} bytes of a connection; waits for them, or fails. */
    @FunctionalInterface
    public interface Source {
        byte[] take(int count) throws IOException;
    }

    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    public static Frame of(int opcode, byte[] payload) {
        return new Frame(true, 0, opcode, true, LengthForm.SHORTEST, payload.length, payload);
    }

    public static Frame text(String text) {
        return of(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Frame text(byte[] bytes) {
        return of(TEXT, bytes);
    }

    public static Frame binary(byte[] bytes) {
        return of(BINARY, bytes);
    }

    public static Frame continuation(byte[] bytes) {
        return of(CONTINUATION, bytes);
    }

    public static Frame continuation(String text) {
        return continuation(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Frame ping(String text) {
        return of(PING, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Frame pong(String text) {
        return of(PONG, text.getBytes(StandardCharsets.UTF_8));
    }

    public static Frame close(byte[] body) {
        return of(CLOSE, body);
    }

    public static Frame close(int code, String reason) {
        return close(closeBody(code, reason.getBytes(StandardCharsets.UTF_8)));
    }

    public static byte[] closeBody(int code, byte[] reason) {
        return ByteBuffer.allocate(2 + reason.length)
                .putShort((short) code)
                .put(reason)
                .array();
    }

    /** The message in frames of at most {@code size} bytes: the first with {@code opcode}, then continuations. */
    public static Frame[] fragments(int opcode, byte[] message, int size) {
        int count = Math.max(1, (message.length + size - 1) / size);
        Frame[] frames = new Frame[count];
        for (int i = 0; i < count; i++) {
            byte[] part = Arrays.copyOfRange(message, i * size, Math.min(message.length, (i + 1) * size));
            frames[i] = of(i == 0 ? opcode : CONTINUATION, part).fin(i == count - 1);
        }
        return frames;
    }

    /**
     * Reads the frame of a server that starts with the byte {@code first}.
     *
     * @param inflates true if permessage-deflate is agreed: text frames may have RSV1
     */
    public static Frame read(int first, Source in, boolean inflates) throws IOException {
        int rsv = first >> 4 & 7;
        int opcode = first & 0xf;
        boolean deflated = inflates && rsv == 4 && opcode == TEXT;
        if (rsv != 0 && !deflated) {
            throw new AssertionError("reserved bits of a server frame: " + rsv);
        }
        int second = in.take(1)[0] & 0xff;
        long length = second;
        if (second == 126) {
            length = ByteBuffer.wrap(in.take(2)).getShort() & 0xffff;
        } else if (second == 127) {
            length = ByteBuffer.wrap(in.take(8)).getLong();
        }
        if (second > 127 || second == 126 && length <= 125 || second == 127 && length <= 0xffff) {
            throw new AssertionError("mask or length of a server frame: " + second + ", " + length);
        }
        boolean fin = (first & 0x80) != 0;
        boolean control = opcode == CLOSE || opcode == PING || opcode == PONG;
        if (control ? !fin || length > 125 : opcode > TEXT) {
            throw new AssertionError("server frame: fin " + fin + ", opcode " + opcode + ", length " + length);
        }
        return of(opcode, in.take(Math.toIntExact(length))).fin(fin).rsv(rsv).unmasked();
    }

    /** Reads a frame of a server; {@code in} fails at the end of the connection. */
    public static Frame read(Source in) throws IOException {
        return read(in.take(1)[0] & 0xff, in, false);
    }

    /** Takes the next frame of a server out of a buffer; null, without taking anything, if it is not complete. */
    public static @Nullable Frame next(ByteBuffer in) throws IOException {
        int start = in.position();
        try {
            return read(count -> {
                if (in.remaining() < count) {
                    throw new EOFException();
                }
                byte[] bytes = new byte[count];
                in.get(bytes);
                return bytes;
            });
        } catch (EOFException e) {
            in.position(start);
            return null;
        }
    }

    /** The payload as text. */
    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** The code of a close frame, 1005 if it has none; 0 for other frames. */
    public int closeCode() {
        if (opcode != CLOSE) {
            return 0;
        }
        return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
    }

    /** The reason of a close frame; empty if it has none. */
    public String closeReason() {
        return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
    }

    public Frame fin(boolean newFin) {
        return new Frame(newFin, rsv, opcode, masked, form, declaredLength, payload);
    }

    /** Sets three bits; RSV1 is the 4. */
    public Frame rsv(int newRsv) {
        return new Frame(fin, newRsv, opcode, masked, form, declaredLength, payload);
    }

    public Frame unmasked() {
        return new Frame(fin, rsv, opcode, false, form, declaredLength, payload);
    }

    public Frame form(LengthForm newForm) {
        return new Frame(fin, rsv, opcode, masked, newForm, declaredLength, payload);
    }

    /** Writes this length into the header, in 64 bits, independent of the payload. */
    public Frame declaring(long length) {
        return new Frame(fin, rsv, opcode, masked, LengthForm.SIXTY_FOUR_BITS, length, payload);
    }

    public byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(payload.length + 14);
        bytes.write((fin ? 0x80 : 0) | rsv << 4 | opcode);
        int maskBit = masked ? 0x80 : 0;
        if (form == LengthForm.SIXTY_FOUR_BITS || form == LengthForm.SHORTEST && declaredLength > 0xffff) {
            bytes.write(maskBit | 127);
            bytes.writeBytes(ByteBuffer.allocate(8).putLong(declaredLength).array());
        } else if (form == LengthForm.SIXTEEN_BITS || declaredLength > 125) {
            bytes.write(maskBit | 126);
            bytes.writeBytes(
                    ByteBuffer.allocate(2).putShort((short) declaredLength).array());
        } else {
            bytes.write(maskBit | (int) declaredLength);
        }
        if (!masked) {
            bytes.writeBytes(payload);
            return bytes.toByteArray();
        }
        bytes.writeBytes(MASK);
        byte[] maskedPayload = payload.clone();
        for (int i = 0; i < maskedPayload.length; i++) {
            maskedPayload[i] ^= MASK[i & 3];
        }
        bytes.writeBytes(maskedPayload);
        return bytes.toByteArray();
    }

    public static byte[] bytes(Frame... frames) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Frame frame : frames) {
            bytes.writeBytes(frame.bytes());
        }
        return bytes.toByteArray();
    }
}
