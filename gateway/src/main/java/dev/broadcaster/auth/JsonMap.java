package dev.broadcaster.auth;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.text.ParseException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header or the claims of a token, read with types checked: nimbus's own getters take `null` for missing and more.
 * One thread at a time.
 */
final class JsonMap {

    /** 9999-12-31T23:59:59Z. Later dates are milliseconds by mistake, or an attack on the arithmetic. */
    private static final long MAX_EPOCH_SECONDS = 253_402_300_799L;

    private final Map<String, Object> members;

    private JsonMap(Map<String, Object> members) {
        this.members = members;
    }

    /** @param name of the part, for messages */
    static JsonMap parse(String json, String name) throws TokenRejectedException {
        // Its parser is strict and rejects duplicate names and deep nesting, but takes `null` and an array of pairs.
        if (!beginsObject(json)) {
            throw notAnObject(name);
        }
        try {
            return new JsonMap(JSONObjectUtils.parse(json));
        } catch (ParseException e) {
            throw notAnObject(name);
        }
    }

    private static boolean beginsObject(String json) {
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
                return c == '{';
            }
        }
        return false;
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
        if (!(required(name) instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
            throw new TokenRejectedException(name + ": not an array of strings");
        }
        return list.stream().map(String.class::cast).toList();
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
