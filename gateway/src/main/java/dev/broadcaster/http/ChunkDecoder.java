package dev.broadcaster.http;

import java.nio.ByteBuffer;

/**
 * Reads a body in chunks, by the grammar of RFC 9112 section 7.1 and nothing else. Every line ends with CR LF; a size has at most
 * {@value #MAX_SIZE_DIGITS} digits; extensions and trailer have {@value #MAX_OTHER_BYTES} bytes together and the trailer
 * {@value #MAX_TRAILER_FIELDS} fields. Extensions and trailer are checked and dropped. It holds no bytes. For one thread.
 *
 * <pre>
 * chunked-body  = *chunk last-chunk trailer-section CRLF
 * chunk         = 1*HEXDIG [ chunk-ext ] CRLF chunk-data CRLF
 * last-chunk    = 1*"0" [ chunk-ext ] CRLF
 * chunk-ext     = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
 * chunk-ext-val = token / quoted-string
 * </pre>
 */
final class ChunkDecoder {
    static final int MAX_SIZE_DIGITS = 16;
    static final int MAX_OTHER_BYTES = 8 * 1024;
    static final int MAX_TRAILER_FIELDS = 64;

    private static final long MAX_SIZE = Integer.MAX_VALUE; // no body is larger
    private static final String EXTENSION = "chunk extension: malformed";
    private static final String TRAILER = "trailer: malformed";
    private static final String TOKEN_SIGNS = "!#$%&'*+-.^_`|~";

    /** The next part of the input. */
    private enum State {
        SIZE_BEGIN,
        SIZE,
        SIZE_LF,
        BEFORE_SEMICOLON,
        NAME_BEGIN,
        NAME,
        AFTER_NAME,
        VALUE_BEGIN,
        VALUE,
        QUOTED,
        QUOTED_PAIR,
        QUOTED_END,
        DATA,
        DATA_CR,
        DATA_LF,
        FIELD_BEGIN,
        FIELD_NAME,
        FIELD_VALUE,
        FIELD_LF,
        END_LF,
        END
    }

    private State state = State.SIZE_BEGIN;
    private long left; // of the chunk: its size so far, then bytes of its data
    private int digits;
    private int otherBytes;
    private int fields;

    /** True if the body has been read to its end; the next byte belongs to the next request. */
    boolean isEnded() {
        return state == State.END;
    }

    /**
     * Moves data of the body from {@code from} to {@code to} and consumes the framing: until {@code from} is empty,
     * {@code to} is full and the next byte is data, or the body has ended.
     *
     * @throws ChunkException at the first wrong byte; data that was moved before belongs to an invalid body
     */
    void decode(ByteBuffer from, ByteBuffer to) throws ChunkException {
        while (from.hasRemaining() && state != State.END) {
            if (state != State.DATA) {
                state = next(from.get() & 0xff);
            } else if (to.hasRemaining()) {
                copy(from, to);
            } else {
                return;
            }
        }
    }

    private void copy(ByteBuffer from, ByteBuffer to) {
        int count = (int) Math.min(left, Math.min(from.remaining(), to.remaining()));
        int limit = from.limit();
        from.limit(from.position() + count);
        to.put(from);
        from.limit(limit);
        left -= count;
        if (left == 0) {
            state = State.DATA_CR;
        }
    }

    private State next(int b) throws ChunkException {
        return switch (state) {
            case SIZE_BEGIN -> {
                left = 0;
                digits = 0;
                yield size(b);
            }
            case SIZE -> isHex(b) ? size(b) : afterValue(b, "chunk size");
            case SIZE_LF -> lf(b, left > 0 ? State.DATA : State.FIELD_BEGIN);
            case DATA_CR -> expect(b == '\r', State.DATA_LF, "chunk data: longer than its size");
            case DATA_LF -> lf(b, State.SIZE_BEGIN);
            case END_LF -> lf(b, State.END);
            default -> {
                if (++otherBytes > MAX_OTHER_BYTES) {
                    throw new ChunkException("chunk extensions and trailer: over " + MAX_OTHER_BYTES + " bytes");
                }
                yield state.compareTo(State.FIELD_BEGIN) < 0 ? extension(b) : trailer(b);
            }
        };
    }

    private State size(int b) throws ChunkException {
        if (!isHex(b) || ++digits > MAX_SIZE_DIGITS) {
            throw new ChunkException("chunk size: malformed");
        }
        left = left << 4 | Character.digit(b, 16);
        return expect(left <= MAX_SIZE, State.SIZE, "chunk size: too large");
    }

    /** A size or an extension is complete. */
    private static State afterValue(int b, String what) throws ChunkException {
        if (b == '\r') {
            return State.SIZE_LF;
        }
        return b == ';' ? State.NAME_BEGIN : expect(isBlank(b), State.BEFORE_SEMICOLON, what + ": malformed");
    }

    private State extension(int b) throws ChunkException {
        return switch (state) {
            case BEFORE_SEMICOLON -> b == ';' ? State.NAME_BEGIN : expect(isBlank(b), state, EXTENSION);
            case NAME_BEGIN -> isBlank(b) ? state : expect(isToken(b), State.NAME, EXTENSION);
            case NAME -> isToken(b) ? state : b == '\r' ? State.SIZE_LF : afterName(b);
            case AFTER_NAME -> afterName(b);
            case VALUE_BEGIN ->
                isBlank(b) ? state : b == '"' ? State.QUOTED : expect(isToken(b), State.VALUE, EXTENSION);
            case VALUE -> isToken(b) ? state : afterValue(b, "chunk extension");
            case QUOTED ->
                b == '"' ? State.QUOTED_END : b == '\\' ? State.QUOTED_PAIR : expect(isText(b), state, EXTENSION);
            case QUOTED_PAIR -> expect(isText(b), State.QUOTED, EXTENSION);
            default -> afterValue(b, "chunk extension"); // QUOTED_END
        };
    }

    private static State afterName(int b) throws ChunkException {
        if (isBlank(b)) {
            return State.AFTER_NAME;
        }
        return b == '=' ? State.VALUE_BEGIN : expect(b == ';', State.NAME_BEGIN, EXTENSION);
    }

    private State trailer(int b) throws ChunkException {
        return switch (state) {
            case FIELD_BEGIN -> b == '\r' ? State.END_LF : field(b);
            case FIELD_NAME -> b == ':' ? State.FIELD_VALUE : expect(isToken(b), state, TRAILER);
            case FIELD_VALUE -> b == '\r' ? State.FIELD_LF : expect(isText(b), state, TRAILER);
            default -> lf(b, State.FIELD_BEGIN); // FIELD_LF
        };
    }

    private State field(int b) throws ChunkException {
        expect(++fields <= MAX_TRAILER_FIELDS, state, "trailer: over " + MAX_TRAILER_FIELDS + " fields");
        return expect(isToken(b), State.FIELD_NAME, TRAILER);
    }

    private static State lf(int b, State then) throws ChunkException {
        return expect(b == '\n', then, "chunked body: CR without LF");
    }

    private static State expect(boolean right, State then, String problem) throws ChunkException {
        if (!right) {
            throw new ChunkException(problem);
        }
        return then;
    }

    private static boolean isHex(int b) {
        return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');
    }

    private static boolean isBlank(int b) {
        return b == ' ' || b == '\t';
    }

    /** The bytes that a field value or a quoted string may contain: blanks, visible characters and obs-text. */
    private static boolean isText(int b) {
        return isBlank(b) || (b > ' ' && b != 0x7f);
    }

    private static boolean isToken(int b) {
        return (b >= '0' && b <= '9')
                || (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || TOKEN_SIGNS.indexOf(b) >= 0;
    }
}
