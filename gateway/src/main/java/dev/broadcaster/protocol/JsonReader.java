package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one JSON text, strictly (RFC 8259): no byte-order mark, nothing after the value, at most {@value #MAX_DEPTH}
 * levels, no number of more than {@value #MAX_NUMBER_LENGTH} characters. Values can be copied as raw bytes. For one
 * thread; the bytes must be valid UTF-8, which the caller has checked.
 */
final class JsonReader implements AutoCloseable {
    static final int MAX_DEPTH = 64;
    static final int MAX_NUMBER_LENGTH = 1000;

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

    /** A factory caches thousands of names: several hundred megabytes if clients choose long ones. */
    private static final int MAX_KEPT_NAME_LENGTH = 64;

    /** Each text that has a new name copies all kept ones: 200 KB if there are thousands, 20 KB with this limit. */
    static final int MAX_KEPT_NAMES = 500;

    private static volatile Factory factory = new Factory(); // any thread replaces it, with an equal one

    private final byte[] bytes;
    private final int from;
    private final JsonParser parser;
    private boolean namesToForget;

    /** Reads {@code bytes[from, to)}. */
    JsonReader(byte[] bytes, int from, int to) throws MalformedJsonException {
        if (to - from >= 3 && Arrays.equals(bytes, from, from + 3, BYTE_ORDER_MARK, 0, 3)) {
            throw new MalformedJsonException("not JSON: begins with a byte order mark (U+FEFF)");
        }
        // Jackson would take these for UTF-16 or UTF-32; in UTF-8 neither can start a JSON text.
        for (int i = from; i < Math.min(to, from + 4); i++) {
            if (bytes[i] == 0 || (i == from && bytes[i] < 0)) {
                throw new MalformedJsonException("not JSON");
            }
        }
        this.bytes = bytes;
        this.from = from;
        try {
            byte[] readable = LoneSurrogates.replaced(bytes, from, to);
            this.parser = readable == null
                    ? factory.createParser(bytes, from, to - from)
                    : factory.createParser(readable, 0, readable.length);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** The next token, or null at the end of the text. */
    @Nullable
    JsonToken next() throws MalformedJsonException {
        try {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
                if (parser.getTextLength() > MAX_NUMBER_LENGTH) {
                    throw new MalformedJsonException("a number is too long (expected: <= 1000 characters)");
                }
            } else if (token == JsonToken.FIELD_NAME) {
                onName(parser.currentName());
            }
            return token;
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Advances to the next name of the current object: the name, or null at the object's end. */
    @Nullable
    String nextName() throws MalformedJsonException {
        try {
            String name = parser.nextFieldName();
            onName(name);
            return name;
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private void onName(@Nullable String name) {
        namesToForget |= name != null && name.length() > MAX_KEPT_NAME_LENGTH;
    }

    /** The string that is the current token. */
    String string() throws MalformedJsonException {
        try {
            return parser.getText();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** The number that is the current token, as the nearest double; infinite if it is too large. */
    double number() throws MalformedJsonException {
        try {
            return parser.getDoubleValue();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Skips the rest of the value that starts at the current token. */
    void skip() throws MalformedJsonException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            for (int depth = 1; depth > 0; ) {
                token = next();
                if (token == null) {
                    throw new MalformedJsonException("not JSON");
                }
                if (token.isStructStart()) {
                    depth++;
                } else if (token.isStructEnd()) {
                    depth--;
                }
            }
            return;
        }
        try {
            parser.finishToken(); // a string is read to its end only on demand
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /** Skips the value that starts at the current token and returns its raw bytes. */
    byte[] raw() throws MalformedJsonException {
        int start = from + (int) parser.currentTokenLocation().getByteOffset();
        skip();
        int end = from + (int) parser.currentLocation().getByteOffset();
        return Arrays.copyOfRange(bytes, start, end);
    }

    /** Checks that the text ends here. */
    void end() throws MalformedJsonException {
        if (next() != null) {
            throw new MalformedJsonException("not JSON: something follows the value");
        }
    }

    @Override
    public void close() {
        try {
            parser.close();
        } catch (IOException e) {
            throw new AssertionError("closing a parser of bytes does no I/O", e);
        }
        if (namesToForget || keptNames() > MAX_KEPT_NAMES) {
            factory = new Factory();
        }
    }

    /** The number of names that are kept, of all texts. */
    static int keptNames() {
        return factory.names();
    }

    private MalformedJsonException malformed(IOException e) {
        namesToForget = true; // the last token may have been read, but not returned
        // Jackson's own message echoes input.
        return new MalformedJsonException(
                e instanceof StreamConstraintsException ? "not JSON: too deep, or a number is too long" : "not JSON");
    }

    private static final class Factory extends JsonFactory {
        private static final long serialVersionUID = 1L;

        Factory() {
            super(new JsonFactoryBuilder()
                    .disable(Feature.INTERN_FIELD_NAMES)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_NUMBER_LENGTH)
                            // The document has its own limit; no string or name can be longer.
                            .maxNameLength(Integer.MAX_VALUE)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build()));
        }

        int names() {
            return _byteSymbolCanonicalizer.size();
        }
    }
}
