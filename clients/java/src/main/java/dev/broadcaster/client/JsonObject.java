package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The members of one JSON object, as ranges of its text: values are parsed on demand. The last value of a repeated name
 * counts. A member that is {@code null} is absent. A member of another type throws {@link Malformed}.
 */
final class JsonObject {
    private final String text;
    private String[] names = new String[8];
    private int[] from = new int[8];
    private int[] to = new int[8];
    private int size;

    private JsonObject(String text) {
        this.text = text;
    }

    /** Reads an object that is the whole text. */
    static JsonObject parse(String text) {
        return read(text, 0, text.length(), JsonReader.MAX_DEPTH);
    }

    private static JsonObject read(String text, int from, int end, int depth) {
        var object = new JsonObject(text);
        var reader = new JsonReader(text, from, end);
        reader.space();
        if (!reader.take('{')) {
            throw new Malformed("not a JSON object");
        }
        reader.space();
        if (!reader.take('}')) {
            do {
                reader.space();
                String name = reader.string();
                reader.space();
                reader.expect(':');
                reader.space();
                int start = reader.position();
                reader.skip(depth - 1);
                object.add(name, start, reader.position());
                reader.space();
            } while (reader.take(','));
            reader.expect('}');
        }
        reader.space();
        reader.expectEnd();
        return object;
    }

    private void add(String name, int start, int end) {
        if (size == names.length) {
            names = Arrays.copyOf(names, size * 2);
            from = Arrays.copyOf(from, size * 2);
            to = Arrays.copyOf(to, size * 2);
        }
        names[size] = name;
        from[size] = start;
        to[size++] = end;
    }

    /** The place of a member that is not null, or -1. */
    private int find(String name) {
        for (int i = size - 1; i >= 0; i--) {
            if (names[i].equals(name)) {
                return text.charAt(from[i]) == 'n' ? -1 : i;
            }
        }
        return -1;
    }

    boolean has(String name) {
        return find(name) >= 0;
    }

    /** The text that was parsed; of a nested object: of the outermost one. */
    String text() {
        return text;
    }

    /** A part of {@link #text}: from the first character to the one behind the last. */
    record Place(int from, int to) {}

    /** The place of a member, {@code null} included; null if there is none. */
    @Nullable
    Place place(String name) {
        for (int i = size - 1; i >= 0; i--) {
            if (names[i].equals(name)) {
                return new Place(from[i], to[i]);
            }
        }
        return null;
    }

    /** The text of a member, {@code null} included; null if there is none. */
    @Nullable
    String json(String name) {
        Place place = place(name);
        return place == null ? null : text.substring(place.from, place.to);
    }

    @Nullable
    String string(String name) {
        int i = find(name);
        if (i < 0) {
            return null;
        }
        if (text.charAt(from[i]) != '"') {
            throw new Malformed(name + ": not a string");
        }
        return new JsonReader(text, from[i], to[i]).string();
    }

    String requiredString(String name) {
        String value = string(name);
        if (value == null) {
            throw new Malformed(name + ": missing");
        }
        return value;
    }

    /** An integer in the range of a long. */
    @Nullable
    Long integer(String name) {
        int i = find(name);
        if (i < 0) {
            return null;
        }
        try {
            return Long.parseLong(text, from[i], to[i], 10);
        } catch (NumberFormatException e) {
            throw new Malformed(name + ": not an integer");
        }
    }

    long integer(String name, long otherwise) {
        Long value = integer(name);
        return value == null ? otherwise : value;
    }

    /** False if there is none. */
    boolean isTrue(String name) {
        int i = find(name);
        if (i < 0) {
            return false;
        }
        char c = text.charAt(from[i]);
        if (c != 't' && c != 'f') {
            throw new Malformed(name + ": not true or false");
        }
        return c == 't';
    }

    @Nullable
    JsonObject object(String name) {
        int i = find(name);
        if (i < 0) {
            return null;
        }
        if (text.charAt(from[i]) != '{') {
            throw new Malformed(name + ": not an object");
        }
        return read(text, from[i], to[i], JsonReader.MAX_DEPTH);
    }

    /** The texts of the values of an array; empty if there is none. */
    List<String> array(String name) {
        var values = new ArrayList<String>();
        int i = find(name);
        if (i < 0) {
            return values;
        }
        var reader = new JsonReader(text, from[i], to[i]);
        if (!reader.take('[')) {
            throw new Malformed(name + ": not an array");
        }
        reader.space();
        if (!reader.take(']')) {
            do {
                reader.space();
                int start = reader.position();
                reader.skip(JsonReader.MAX_DEPTH);
                values.add(text.substring(start, reader.position()));
                reader.space();
            } while (reader.take(','));
        }
        return values;
    }

    /** The strings of an array; empty if there is none. */
    List<String> strings(String name) {
        var strings = new ArrayList<String>();
        for (String value : array(name)) {
            if (value.charAt(0) != '"') {
                throw new Malformed(name + ": not an array of strings");
            }
            strings.add(new JsonReader(value).string());
        }
        return strings;
    }
}
