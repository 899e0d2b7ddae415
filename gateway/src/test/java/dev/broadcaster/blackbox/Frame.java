package dev.broadcaster.blackbox;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One WebSocket frame (RFC 6455 section 5.2) with each header bit in the hand of the test: what a client sends, legal or
 * not. The default is a legal one: final, masked, in the shortest form of its length.
 */
record Frame(boolean fin, int rsv, int opcode, boolean masked, LengthForm form, long declaredLength, byte[] payload) {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    enum LengthForm {
        SHORTEST,
        SIXTEEN_BITS,
        SIXTY_FOUR_BITS
    }

    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    static Frame of(int opcode, byte[] payload) {
        return new Frame(true, 0, opcode, true, LengthForm.SHORTEST, payload.length, payload);
    }

    static Frame text(String text) {
        return of(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    static Frame text(byte[] bytes) {
        return of(TEXT, bytes);
    }

    static Frame binary(byte[] bytes) {
        return of(BINARY, bytes);
    }

    static Frame continuation(byte[] bytes) {
        return of(CONTINUATION, bytes);
    }

    static Frame continuation(String text) {
        return continuation(text.getBytes(StandardCharsets.UTF_8));
    }

    static Frame ping(String text) {
        return of(PING, text.getBytes(StandardCharsets.UTF_8));
    }

    static Frame pong(String text) {
        return of(PONG, text.getBytes(StandardCharsets.UTF_8));
    }

    static Frame close(byte[] body) {
        return of(CLOSE, body);
    }

    static Frame close(int code, String reason) {
        return close(closeBody(code, reason.getBytes(StandardCharsets.UTF_8)));
    }

    static byte[] closeBody(int code, byte[] reason) {
        return ByteBuffer.allocate(2 + reason.length)
                .putShort((short) code)
                .put(reason)
                .array();
    }

    /** The message in frames of at most {@code size} bytes: the first with {@code opcode}, then continuations. */
    static Frame[] fragments(int opcode, byte[] message, int size) {
        int count = Math.max(1, (message.length + size - 1) / size);
        Frame[] frames = new Frame[count];
        for (int i = 0; i < count; i++) {
            byte[] part = Arrays.copyOfRange(message, i * size, Math.min(message.length, (i + 1) * size));
            frames[i] = of(i == 0 ? opcode : CONTINUATION, part).fin(i == count - 1);
        }
        return frames;
    }

    Frame fin(boolean newFin) {
        return new Frame(newFin, rsv, opcode, masked, form, declaredLength, payload);
    }

    /** Three bits, RSV1 is the 4. */
    Frame rsv(int newRsv) {
        return new Frame(fin, newRsv, opcode, masked, form, declaredLength, payload);
    }

    Frame unmasked() {
        return new Frame(fin, rsv, opcode, false, form, declaredLength, payload);
    }

    Frame form(LengthForm newForm) {
        return new Frame(fin, rsv, opcode, masked, newForm, declaredLength, payload);
    }

    /** Writes this length into the header, in 64 bits, whatever the payload is. */
    Frame declaring(long length) {
        return new Frame(fin, rsv, opcode, masked, LengthForm.SIXTY_FOUR_BITS, length, payload);
    }

    byte[] bytes() {
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

    static byte[] bytes(Frame... frames) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (Frame frame : frames) {
            bytes.writeBytes(frame.bytes());
        }
        return bytes.toByteArray();
    }
}
