package dev.broadcaster.websocket;

import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.Utf8;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads a client's frames (RFC 6455 section 5) from bytes as they arrive, in pieces of any size, strictly. A message
 * that is complete in one piece is unmasked in place; only a message in several pieces is copied, into a buffer that
 * grows with the received bytes, never with the length in a header. The handler is asked before the buffer grows. For
 * one thread.
 */
final class FrameReader {
    /** A close frame without a code (RFC 6455 section 7.1.5). */
    static final int NO_CODE = 1005;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int RSV1 = 0x40;
    private static final int MAX_HEADER = 14;
    private static final int MAX_CONTROL = 125;
    private static final byte[] NOTHING = {};

    private final int maxMessageBytes;
    private final MessageInflater inflater;

    // The header that is being read.
    private final byte[] header = new byte[MAX_HEADER];
    private int headerLength;
    private int headerNeeded = 2;

    // The frame whose payload is being read.
    private boolean inPayload;
    private boolean fin;
    private int opcode;
    private int mask;
    private int remaining;

    // The message that is assembled from frames, or from pieces of one.
    private int messageOpcode; // CONTINUATION = none
    private boolean deflated; // from the first frame of the message
    private final MessageBuffer message = new MessageBuffer();
    private int utf8 = Utf8.ACCEPT;

    private byte[] control = NOTHING;
    private int controlLength;

    /**
     * A reader at the start of a frame.
     *
     * @param maxMessageBytes the longest message; at most {@code Integer.MAX_VALUE - 8}
     * @param inflater for deflated messages; it may serve others between two calls
     */
    FrameReader(int maxMessageBytes, MessageInflater inflater) {
        this.maxMessageBytes = maxMessageBytes;
        this.inflater = inflater;
    }

    /** True if it is between two messages and holds nothing, so that it could serve another connection. */
    boolean isIdle() {
        return headerLength == 0 && !inPayload && messageOpcode == Opcode.CONTINUATION;
    }

    /**
     * Counts the reader itself, which is used by one connection until it is idle.
     *
     * @throws FrameException if the node has no memory for it
     */
    void keep(FrameHandler handler) throws FrameException {
        message.keep(handler);
    }

    /** Gives back all memory, also of the message; unless the reader was idle, it must not be used afterwards. */
    void free(FrameHandler handler) {
        message.free(handler);
    }

    /**
     * Reads {@code bytes[from, to)}, which it may overwrite, and passes on complete messages.
     *
     * @return where it stopped: {@code to}, or less if the handler stopped it
     * @throws FrameException on the first invalid byte; the reader must not be used afterwards
     */
    int read(byte[] bytes, int from, int to, FrameHandler handler) throws FrameException {
        int at = from;
        boolean goOn = true;
        while (goOn && (at < to || (inPayload && remaining == 0))) {
            if (!inPayload) {
                at = readHeader(bytes, at, to, handler);
                continue;
            }
            int length = Math.min(remaining, to - at);
            if (opcode >= Opcode.CLOSE) {
                goOn = readControl(bytes, at, length, handler);
            } else {
                goOn = readData(bytes, at, length, handler);
            }
            at += length;
        }
        return at;
    }

    private int readHeader(byte[] bytes, int from, int to, FrameHandler handler) throws FrameException {
        int at = from;
        while (at < to && headerLength < headerNeeded) {
            header[headerLength++] = bytes[at++];
            if (headerLength == 2) {
                headerNeeded = checkStart(handler);
            }
        }
        if (headerLength == headerNeeded) {
            beginPayload(handler);
        }
        return at;
    }

    /** Checks the first two bytes and returns the length of the whole header. */
    private int checkStart(FrameHandler handler) throws FrameException {
        fin = (header[0] & 0x80) != 0;
        opcode = header[0] & 0x0f;
        int reserved = header[0] & 0x70;
        boolean startsMessage = opcode == Opcode.TEXT || opcode == Opcode.BINARY;
        if (reserved != 0 && !(reserved == RSV1 && startsMessage && handler.acceptsDeflated())) {
            throw protocolError("reserved bits are set");
        }
        int length = header[1] & 0x7f;
        if (opcode >= Opcode.CLOSE) {
            if (opcode > Opcode.PONG) {
                throw protocolError("reserved opcode");
            }
            if (!fin) {
                throw protocolError("fragmented control frame");
            }
            if (length > MAX_CONTROL) {
                throw protocolError("control frame over 125 bytes");
            }
        } else if (opcode > Opcode.BINARY) {
            throw protocolError("reserved opcode");
        } else if (opcode == Opcode.CONTINUATION) {
            if (messageOpcode == Opcode.CONTINUATION) {
                throw protocolError("continuation without a start");
            }
        } else if (messageOpcode != Opcode.CONTINUATION) {
            throw protocolError("a new message inside a fragmented one");
        } else {
            deflated = reserved != 0;
        }
        if ((header[1] & 0x80) == 0) {
            throw protocolError("frame is not masked");
        }
        return length < 126 ? 6 : length == 126 ? 8 : MAX_HEADER;
    }

    private void beginPayload(FrameHandler handler) throws FrameException {
        long length = header[1] & 0x7f;
        if (length == 126) {
            length = unsignedShort(header, 2);
            if (length < 126) {
                throw protocolError("length is not in its shortest form");
            }
        } else if (length == 127) {
            length = (long) LONGS.get(header, 2);
            if (length < 0) {
                throw protocolError("negative length");
            }
            if (length < 65536) {
                throw protocolError("length is not in its shortest form");
            }
        }
        if (opcode < Opcode.CLOSE && length > limit(handler) - message.length()) {
            throw FrameException.tooBig(maxMessageBytes(handler));
        }
        mask = (int) INTS.get(header, headerLength - 4);
        remaining = (int) length;
        inPayload = true;
        headerLength = 0;
        headerNeeded = 2;
    }

    private boolean readData(byte[] bytes, int from, int length, FrameHandler handler) throws FrameException {
        mask = Mask.remove(mask, bytes, from, length);
        if (opcode != Opcode.CONTINUATION && fin && length == remaining && messageOpcode == Opcode.CONTINUATION) {
            inPayload = false;
            boolean text = opcode == Opcode.TEXT;
            if (deflated) {
                return inflate(bytes, from, from + length, text, handler);
            }
            if (text && !Utf8.isValid(bytes, from, from + length)) {
                throw invalidUtf8();
            }
            return handler.onMessage(bytes, from, from + length, text);
        }
        if (opcode != Opcode.CONTINUATION) {
            messageOpcode = opcode;
            opcode = Opcode.CONTINUATION; // the rest of this frame continues the message
        }
        if (messageOpcode == Opcode.TEXT && !deflated) {
            utf8 = Utf8.validate(utf8, bytes, from, from + length);
            if (utf8 == Utf8.REJECT) {
                throw invalidUtf8(); // at the first wrong byte, however many follow
            }
        }
        message.append(bytes, from, length, limit(handler), handler);
        remaining -= length;
        if (remaining > 0) {
            return true;
        }
        inPayload = false;
        return fin ? endMessage(handler) : handler.onPart();
    }

    private int maxMessageBytes(FrameHandler handler) {
        return Math.min(maxMessageBytes, handler.maxMessageBytes());
    }

    /** The limit of the message in its received form. */
    private int limit(FrameHandler handler) {
        int plain = maxMessageBytes(handler);
        return deflated ? MessageInflater.maxDeflatedBytes(plain) : plain;
    }

    private boolean endMessage(FrameHandler handler) throws FrameException {
        if (utf8 != Utf8.ACCEPT) {
            throw invalidUtf8();
        }
        int length = message.length();
        byte[] whole = message.take();
        boolean text = messageOpcode == Opcode.TEXT;
        messageOpcode = Opcode.CONTINUATION;
        try {
            return deflated ? inflate(whole, 0, length, text, handler) : handler.onMessage(whole, 0, length, text);
        } finally {
            message.release(whole, handler);
        }
    }

    private boolean inflate(byte[] bytes, int from, int to, boolean text, FrameHandler handler) throws FrameException {
        byte[] plain = inflater.inflate(bytes, from, to, maxMessageBytes(handler), handler);
        if (text && !Utf8.isValid(plain, 0, plain.length)) {
            throw invalidUtf8();
        }
        return handler.onMessage(plain, 0, plain.length, text);
    }

    private boolean readControl(byte[] bytes, int from, int length, FrameHandler handler) throws FrameException {
        mask = Mask.remove(mask, bytes, from, length);
        if (controlLength == 0 && length == remaining) {
            inPayload = false;
            return onControl(bytes, from, length, handler);
        }
        if (control.length == 0) {
            control = new byte[MAX_CONTROL];
        }
        System.arraycopy(bytes, from, control, controlLength, length);
        controlLength += length;
        remaining -= length;
        if (remaining > 0) {
            return true;
        }
        inPayload = false;
        int whole = controlLength;
        controlLength = 0;
        return onControl(control, 0, whole, handler);
    }

    private boolean onControl(byte[] bytes, int from, int length, FrameHandler handler) throws FrameException {
        switch (opcode) {
            case Opcode.PING -> handler.onPing(bytes, from, from + length);
            case Opcode.PONG -> handler.onPong();
            default -> {
                handler.onClose(Frames.closeCode(bytes, from, length));
                return false;
            }
        }
        return handler.onPart();
    }

    private static int unsignedShort(byte[] bytes, int at) {
        return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
    }

    private static FrameException invalidUtf8() {
        return new FrameException(CloseCode.INVALID_UTF8, "text is not UTF-8");
    }

    private static FrameException protocolError(String reason) {
        return new FrameException(CloseCode.PROTOCOL_ERROR, reason);
    }
}
