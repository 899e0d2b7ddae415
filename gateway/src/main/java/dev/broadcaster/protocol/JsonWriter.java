package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.Arrays;

/** Builds JSON from parts that are valid JSON. Grows; for one thread. */
public final class JsonWriter {
    private byte[] bytes;
    private int length;

    /** An empty text; {@code capacity} is its expected size in bytes. */
    public JsonWriter(int capacity) {
        bytes = new byte[capacity];
    }

    /** Appends JSON text, or a part of it; ASCII. */
    @SuppressWarnings("deprecation") // copies once: 4 ns for 72 characters; getBytes(ISO_8859_1): 10 ns
    public JsonWriter ascii(String text) {
        int count = text.length();
        reserve(count);
        text.getBytes(0, count, bytes, length);
        length += count;
        return this;
    }

    /** Appends JSON text. */
    public JsonWriter raw(byte[] json) {
        reserve(json.length);
        System.arraycopy(json, 0, bytes, length, json.length);
        length += json.length;
        return this;
    }

    /** Appends {@code text} as a JSON string. */
    public JsonWriter string(String text) {
        ascii("\"");
        if (isPlain(text)) {
            ascii(text);
        } else {
            raw(JsonStringEncoder.getInstance().quoteAsUTF8(text));
        }
        return ascii("\"");
    }

    /** True if the characters of {@code text} need no escape in a JSON string and take one byte each. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
        }
        return true;
    }

    /** The text so far. */
    public byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void reserve(int count) {
        if (bytes.length - length < count) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }
}
