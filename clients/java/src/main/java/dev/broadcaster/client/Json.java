package dev.broadcaster.client;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * One JSON value as text. A payload is sent unchanged, except for white space between tokens: numbers are not rounded,
 * keys are not sorted, characters are not escaped again.
 */
public final class Json {
    /** A payload is two levels deep in its request. */
    private static final int MAX_DEPTH = JsonReader.MAX_DEPTH - 2;

    private final String text;

    private Json(String text) {
        this.text = text;
    }

    /**
     * Takes JSON text.
     *
     * @throws BroadcasterException.Invalid if it is not one JSON value, is nested deeper than 62 levels, has a number of over
     *     1,000 characters, or holds half of a surrogate pair that is not escaped
     */
    public static Json of(String text) {
        try {
            JsonReader.check(text, MAX_DEPTH);
        } catch (Malformed e) {
            throw new BroadcasterException.Invalid("payload: " + e.getMessage());
        }
        if (!isEncodable(text)) {
            throw new BroadcasterException.Invalid("payload: half of a surrogate pair");
        }
        return new Json(text);
    }

    /**
     * Takes JSON in UTF-8.
     *
     * @throws BroadcasterException.Invalid like {@link #of(String)}, and if the bytes are not UTF-8
     */
    public static Json of(byte[] utf8) {
        try {
            return of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new BroadcasterException.Invalid("payload: not UTF-8");
        }
    }

    /**
     * Takes a value that the mapper writes as JSON.
     *
     * @throws BroadcasterException.Invalid if the mapper fails, or like {@link #of(String)}
     */
    public static Json of(Object value, JsonMapper mapper) {
        try {
            return of(mapper.write(value));
        } catch (BroadcasterException e) {
            throw e;
        } catch (Exception e) {
            throw new BroadcasterException.Invalid("payload: " + e.getMessage(), e);
        }
    }

    /** The JSON string for any text. */
    public static Json string(String value) {
        return new Json(quote(value));
    }

    /** The JSON text. */
    public String text() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Json json && json.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    /** Text as a JSON string. Half of a surrogate pair is escaped, because UTF-8 cannot encode it. */
    static String quote(String value) {
        var quoted = new StringBuilder(value.length() + 2).append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c == '\n') {
                quoted.append("\\n");
            } else if (c == '\r') {
                quoted.append("\\r");
            } else if (c == '\t') {
                quoted.append("\\t");
            } else if (c < ' ' || (Character.isSurrogate(c) && !isPair(value, i))) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static boolean isEncodable(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i)) && !isPair(text, i)) {
                return false;
            }
        }
        return true;
    }

    /** True if the surrogate at {@code i} is one half of a pair. */
    private static boolean isPair(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    /** The number of bytes of the text in UTF-8. */
    static int utf8Length(String text) {
        int bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
            }
        }
        return bytes;
    }
}
