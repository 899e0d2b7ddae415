package dev.broadcaster.auth;

import dev.broadcaster.protocol.JsonObject;
import dev.broadcaster.protocol.MalformedJsonException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The header or the claims of a token, read with type checks. One thread at a time. */
final class JsonMap {

    /** 9999-12-31T23:59:59Z. Later dates are milliseconds by mistake, or an attack on the arithmetic. */
    private static final long MAX_EPOCH_SECONDS = 253_402_300_799L;

    private final Map<String, @Nullable Object> members;

    private JsonMap(Map<String, @Nullable Object> members) {
        this.members = members;
    }

    /**
     * @param name the name of the part, for messages
     */
    static JsonMap parse(byte[] json, String name) throws TokenRejectedException {
        try {
            return new JsonMap(JsonObject.parse(json));
        } catch (MalformedJsonException e) {
            throw notAnObject(name);
        }
    }

    private static TokenRejectedException notAnObject(String name) {
        return new TokenRejectedException(name + ": not one JSON object with distinct names");
    }

    boolean has(String name) {
        return members.containsKey(name);
    }

    @Nullable
    Object get(String name) {
        return members.get(name);
    }

    /** A NumericDate (RFC 7519 section 2), fractions allowed, as milliseconds. */
    long epochMillis(String name) throws TokenRejectedException {
        if (!(required(name) instanceof Number number)) {
            throw new TokenRejectedException(name + ": not a number");
        }
        double seconds = number.doubleValue();
        if (!(seconds >= 0 && seconds <= MAX_EPOCH_SECONDS)) {
            throw new TokenRejectedException(name + ": not a date in seconds since 1970");
        }
        return Math.round(seconds * 1_000);
    }

    String nonEmptyString(String name) throws TokenRejectedException {
        if (!(required(name) instanceof String string) || string.isEmpty()) {
            throw new TokenRejectedException(name + ": not a non-empty string");
        }
        return string;
    }

    List<String> strings(String name) throws TokenRejectedException {
        if (!(required(name) instanceof List<?> list)) {
            throw notStrings(name);
        }
        List<String> strings = new ArrayList<>(list.size());
        for (Object element : list) {
            if (!(element instanceof String string)) {
                throw notStrings(name);
            }
            strings.add(string);
        }
        return strings;
    }

    private static TokenRejectedException notStrings(String name) {
        return new TokenRejectedException(name + ": not an array of strings");
    }

    private Object required(String name) throws TokenRejectedException {
        if (!has(name)) {
            throw new TokenRejectedException(name + ": missing");
        }
        Object value = get(name);
        if (value == null) {
            throw new TokenRejectedException(name + ": null");
        }
        return value;
    }
}
