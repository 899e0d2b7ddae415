package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.EncodedBroadcast;
import dev.broadcaster.protocol.Utf8;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;

/**
 * Writes the node's frames (RFC 6455 section 5.2): final, not masked, lengths in their shortest form; and reads the code of
 * a close frame.
 */
final class Frames {
    private static final int FIN = 0x80;
    private static final int RSV1 = 0x40; // deflated (RFC 7692 section 6)

    private static final long[] POWERS_OF_TEN =
            LongStream.iterate(1, power -> power * 10).limit(19).toArray();

    static final byte[] PING = of(Opcode.PING, new byte[0], 0, 0);
    /** The frame that a client with keepalive gets with each ping (PROTOCOL section 10). */
    static final byte[] KEEPALIVE = text("{\"method\":\"keepalive\"}");

    private Frames() {}

    private static byte[] text(String ascii) {
        byte[] payload = ascii.getBytes(StandardCharsets.US_ASCII);
        return of(Opcode.TEXT, payload, 0, payload.length);
    }

    /** A complete frame. */
    static byte[] of(int opcode, byte[] payload, int from, int to) {
        int length = to - from;
        byte[] frame = new byte[headerLength(length) + length];
        int at = putHeader(frame, opcode, length);
        System.arraycopy(payload, from, frame, at, length);
        return frame;
    }

    /** A close frame. {@code reason} is cut to 123 bytes of UTF-8, between characters; others are refused before. */
    static byte[] close(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(text.length, 123);
        while (length < text.length && (text[length] & 0xc0) == 0x80) {
            length--;
        }
        byte[] payload = new byte[2 + length];
        payload[0] = (byte) (code >> 8);
        payload[1] = (byte) code;
        System.arraycopy(text, 0, payload, 2, payload.length - 2);
        return of(Opcode.CLOSE, payload, 0, payload.length);
    }

    /** The length of the frame that {@link #putBroadcast} writes. */
    static int broadcastLength(EncodedBroadcast message, long seq) {
        int payload = payloadLength(message, digits(seq));
        return headerLength(payload) + payload;
    }

    private static int payloadLength(EncodedBroadcast message, int digits) {
        int length = message.length() + digits;
        return message.isDeflated() ? length + MessageDeflater.STORED_HEADER_BYTES : length;
    }

    /** Writes the complete frame of a broadcast; {@code out} must have room. */
    static void putBroadcast(ByteBuffer out, EncodedBroadcast message, long seq) {
        putStart(out, message, seq);
        out.put(message.suffix());
    }

    /**
     * Writes the frame of a broadcast without its first {@code offset} bytes, as much of it as {@code out} takes. The
     * rest of a large frame is not touched: a slow client gets it in many parts.
     */
    static void putBroadcast(ByteBuffer out, EncodedBroadcast message, long seq, int offset) {
        byte[] suffix = message.suffix();
        int start = broadcastLength(message, seq) - suffix.length;
        if (offset < start) {
            ByteBuffer bytes = ByteBuffer.allocate(start);
            putStart(bytes, message, seq);
            put(out, bytes.array(), offset);
        }
        put(out, suffix, Math.max(0, offset - start));
    }

    /** Writes the bytes from {@code offset} to the end, as many as {@code out} takes. */
    static void put(ByteBuffer out, byte[] bytes, int offset) {
        out.put(bytes, offset, Math.min(bytes.length - offset, out.remaining()));
    }

    /** Writes the frame of a broadcast up to its suffix. */
    private static void putStart(ByteBuffer out, EncodedBroadcast message, long seq) {
        int digits = digits(seq);
        int length = payloadLength(message, digits);
        int first = message.isDeflated() ? FIN | RSV1 | Opcode.TEXT : FIN | Opcode.TEXT;
        if (length < 126) {
            out.putShort((short) (first << 8 | length));
        } else if (length < 65536) {
            out.putInt(first << 24 | 126 << 16 | length);
        } else {
            out.putShort((short) (first << 8 | 127)).putLong(length);
        }
        if (message.isDeflated()) {
            putStoredHeader(out, message.prefix().length + digits);
        }
        out.put(message.prefix());
        int at = out.position() + digits;
        out.position(at);
        for (long rest = seq; digits > 0; digits--) {
            out.put(--at, (byte) ('0' + rest % 10));
            rest /= 10;
        }
    }

    /** Starts a stored block that is not the last one (RFC 1951 section 3.2.4). */
    private static void putStoredHeader(ByteBuffer out, int length) {
        short littleEndian = Short.reverseBytes((short) length);
        out.put((byte) 0).putShort(littleEndian).putShort((short) ~littleEndian);
    }

    /** The code in a close frame's payload (RFC 6455 section 7.4), or {@link FrameReader#NO_CODE}. */
    static int closeCode(byte[] bytes, int from, int length) throws FrameException {
        if (length == 0) {
            return FrameReader.NO_CODE;
        }
        if (length == 1) {
            throw new FrameException(CloseCode.PROTOCOL_ERROR, "close frame with half a code");
        }
        int code = ((bytes[from] & 0xff) << 8) | (bytes[from + 1] & 0xff);
        boolean defined = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
        if (!defined && (code < 3000 || code > 4999)) {
            throw new FrameException(CloseCode.PROTOCOL_ERROR, "invalid close code");
        }
        if (!Utf8.isValid(bytes, from + 2, from + length)) {
            throw new FrameException(CloseCode.INVALID_UTF8, "close reason is not UTF-8");
        }
        return code;
    }

    private static int headerLength(int payload) {
        return payload < 126 ? 2 : payload < 65536 ? 4 : 10;
    }

    private static int putHeader(byte[] frame, int opcode, int length) {
        frame[0] = (byte) (FIN | opcode);
        if (length < 126) {
            frame[1] = (byte) length;
            return 2;
        }
        if (length < 65536) {
            frame[1] = 126;
            frame[2] = (byte) (length >> 8);
            frame[3] = (byte) length;
            return 4;
        }
        frame[1] = 127;
        for (int i = 0; i < 8; i++) {
            frame[2 + i] = (byte) ((long) length >> (56 - 8 * i));
        }
        return 10;
    }

    /** The number of decimal digits of a positive number. */
    private static int digits(long number) {
        int digits = 1;
        while (digits < POWERS_OF_TEN.length && number >= POWERS_OF_TEN[digits]) {
            digits++;
        }
        return digits;
    }
}
