package dev.broadcaster.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request read by a second implementation: from characters instead of bytes, split by Jackson's other parser, with
 * the rules of PROTOCOL section 2 applied one after the other. Slow and simple.
 *
 * @param id the id as text, or null
 * @param method the method, "" if missing
 * @param params the raw text of each parameter
 */
record ReferenceRequest(String id, String method, Map<String, String> params) {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Integer.MAX_VALUE)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** An escape of a whole surrogate pair, of half of one (the group), or another. */
    private static final Pattern ESCAPE = Pattern.compile(
            "\\\\(?:u[dD][89abAB]\\p{XDigit}{2}\\\\u[dD][c-fC-F]\\p{XDigit}{2}|(u[dD][89a-fA-F]\\p{XDigit}{2})|.)",
            Pattern.DOTALL);

    /**
     * {@code text} with {@code \\ufffd} for each escape of half a surrogate pair, which Jackson refuses in names; the
     * length is the same.
     */
    static String withoutHalfPairs(String text) {
        return ESCAPE.matcher(text)
                .replaceAll(escape -> Matcher.quoteReplacement(escape.group(1) == null ? escape.group() : "\\ufffd"));
    }

    /** The request in {@code text}, or null if it is not a request. */
    static ReferenceRequest read(String text) {
        try {
            checkLimits(text);
            List<Map.Entry<String, String>> all = fields(text);
            if (all == null || !all.stream().allMatch(ReferenceRequest::isRight)) {
                return null;
            }
            Map<String, String> fields = last(all);
            String id = fields.getOrDefault("id", "null");
            List<Map.Entry<String, String>> params = fields(fields.getOrDefault("params", "{}"));
            return new ReferenceRequest(
                    id.equals("null") || id.matches("-?0") ? null : id,
                    valueOf(fields.getOrDefault("method", "\"\"")),
                    params == null ? Map.of() : last(params));
        } catch (IOException e) {
            return null;
        }
    }

    /** The value of a parameter that is a string, or null. */
    String string(String name) {
        return params.containsKey(name) ? valueOf(params.get(name)) : null;
    }

    /** The text of a parameter, or null. */
    String raw(String name) {
        return params.get(name);
    }

    String event() {
        String event = string("event");
        return event != null && !event.isEmpty() && event.codePointCount(0, event.length()) <= 256
                ? params.get("event")
                : null;
    }

    String lastSeenMessageId() {
        String raw = params.getOrDefault("lastSeenMessageId", "null");
        return raw.startsWith("\"") && !valueOf(raw).isEmpty() ? valueOf(raw) : null;
    }

    /** A name may be repeated, but each id and method has to be valid. */
    private static boolean isRight(Map.Entry<String, String> field) {
        return switch (field.getKey()) {
            case "id" -> field.getValue().equals("null") || isId(field.getValue());
            case "method" -> valueOf(field.getValue()) != null;
            default -> true;
        };
    }

    private static Map<String, String> last(List<Map.Entry<String, String>> fields) {
        Map<String, String> last = new HashMap<>();
        fields.forEach(field -> last.put(field.getKey(), field.getValue()));
        return last;
    }

    private static boolean isId(String raw) {
        String text = valueOf(raw);
        if (text != null) {
            return !text.isEmpty() && text.codePointCount(0, text.length()) <= 64;
        }
        try {
            Long.parseLong(raw);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static String valueOf(String raw) {
        try (JsonParser parser = FACTORY.createParser(withoutHalfPairs(raw))) {
            return parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : null;
        } catch (IOException e) {
            throw new AssertionError("was JSON before: " + raw, e);
        }
    }

    private static void checkLimits(String text) throws IOException {
        int depth = 0;
        int values = 0;
        try (JsonParser parser = FACTORY.createParser(withoutHalfPairs(text))) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                values += depth == 0 ? 1 : 0;
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                boolean longNumber = token.isNumeric() && parser.getText().length() > 1000;
                if (depth > 64 || values > 1 || longNumber) {
                    throw new IOException("over a limit");
                }
            }
        }
    }

    /** The raw text of each field; null if it is not an object. */
    private static List<Map.Entry<String, String>> fields(String text) throws IOException {
        List<Map.Entry<String, String>> fields = new ArrayList<>();
        try (JsonParser parser = FACTORY.createParser(withoutHalfPairs(text))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                int start = (int) parser.currentTokenLocation().getCharOffset();
                parser.skipChildren();
                parser.finishToken();
                int end = (int) parser.currentLocation().getCharOffset();
                fields.add(Map.entry(name, text.substring(start, end)));
            }
        }
        return fields;
    }
}
