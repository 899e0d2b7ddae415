package dev.broadcaster.blackbox;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value with its original text. Read strictly (RFC 8259), with its {@linkplain #raw() own text} kept, for the
 * promise of protocol section 2 about payloads. Of duplicate keys {@link #get} returns the last. Jackson is avoided on
 * purpose, so that the tests do not depend on the parser of the node.
 */
final class Json {

    enum Kind {
        OBJECT,
        ARRAY,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        NULL
    }

    private final Kind kind;
    private final String raw;
    private final Map<String, Json> members;
    private final List<Json> elements;
    private final String text;

    private Json(Kind kind, String raw, Map<String, Json> members, List<Json> elements, String text) {
        this.kind = kind;
        this.raw = raw;
        this.members = members;
        this.elements = elements;
        this.text = text;
    }

    static Json parse(String text) {
        return new Reader(text).document();
    }

    /** The value without the white space between its tokens, otherwise character for character. */
    static String compact(String json) {
        StringBuilder compact = new StringBuilder(json.length());
        boolean inString = false;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (inString) {
                compact.append(c);
                if (c == '\\') {
                    compact.append(json.charAt(++i));
                } else if (c == '"') {
                    inString = false;
                }
            } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
                compact.append(c);
                inString = c == '"';
            }
        }
        return compact.toString();
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    Kind kind() {
        return kind;
    }

    String raw() {
        return raw;
    }

    boolean has(String name) {
        return members.containsKey(name);
    }

    Json get(String name) {
        Json member = members.get(name);
        if (member == null) {
            throw new AssertionError("no field " + name + " in " + raw);
        }
        return member;
    }

    List<String> names() {
        return List.copyOf(members.keySet());
    }

    List<Json> elements() {
        return elements;
    }

    /** The value of a string, escapes resolved. */
    String text() {
        if (kind != Kind.STRING) {
            throw new AssertionError("not a string: " + raw);
        }
        return text;
    }

    long number() {
        if (kind != Kind.NUMBER) {
            throw new AssertionError("not a number: " + raw);
        }
        return Long.parseLong(raw);
    }

    @Override
    public String toString() {
        return raw;
    }

    /** A recursive descent over the text; deep input is a problem for the node, not for the test. */
    private static final class Reader {

        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Json document() {
            Json value = value();
            skipSpace();
            if (at < text.length()) {
                throw bad("text after the value");
            }
            return value;
        }

        private Json value() {
            skipSpace();
            int from = at;
            char c = peek();
            if (c == '{') {
                return object(from);
            }
            if (c == '[') {
                return array(from);
            }
            if (c == '"') {
                String string = string();
                return made(Kind.STRING, from, Map.of(), List.of(), string);
            }
            if (c == 't') {
                return word("true", Kind.TRUE);
            }
            if (c == 'f') {
                return word("false", Kind.FALSE);
            }
            if (c == 'n') {
                return word("null", Kind.NULL);
            }
            return number(from);
        }

        private Json object(int from) {
            Map<String, Json> members = new LinkedHashMap<>();
            at++;
            skipSpace();
            if (peek() == '}') {
                at++;
                return made(Kind.OBJECT, from, members, List.of(), "");
            }
            while (true) {
                skipSpace();
                String name = string();
                skipSpace();
                expect(':');
                members.put(name, value());
                skipSpace();
                if (peek() == '}') {
                    at++;
                    return made(Kind.OBJECT, from, members, List.of(), "");
                }
                expect(',');
            }
        }

        private Json array(int from) {
            List<Json> elements = new ArrayList<>();
            at++;
            skipSpace();
            if (peek() == ']') {
                at++;
                return made(Kind.ARRAY, from, Map.of(), elements, "");
            }
            while (true) {
                elements.add(value());
                skipSpace();
                if (peek() == ']') {
                    at++;
                    return made(Kind.ARRAY, from, Map.of(), elements, "");
                }
                expect(',');
            }
        }

        private Json number(int from) {
            if (peek() == '-') {
                at++;
            }
            if (peek() == '0') {
                at++;
            } else {
                digits();
            }
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
                digits();
            }
            if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
                at++;
                if (peek() == '+' || peek() == '-') {
                    at++;
                }
                digits();
            }
            return made(Kind.NUMBER, from, Map.of(), List.of(), "");
        }

        private void digits() {
            int from = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            if (at == from) {
                throw bad("a digit expected");
            }
        }

        private String string() {
            expect('"');
            StringBuilder string = new StringBuilder();
            while (true) {
                char c = peek();
                at++;
                if (c == '"') {
                    return string.toString();
                }
                if (c < ' ') {
                    throw bad("control character in a string");
                }
                string.append(c == '\\' ? escape() : c);
            }
        }

        private char escape() {
            char c = peek();
            at++;
            switch (c) {
                case '"', '\\', '/':
                    return c;
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'n':
                    return '\n';
                case 'r':
                    return '\r';
                case 't':
                    return '\t';
                case 'u':
                    char unit = (char) Integer.parseInt(text.substring(at, at + 4), 16);
                    at += 4;
                    return unit;
                default:
                    throw bad("unknown escape");
            }
        }

        private Json word(String word, Kind kind) {
            int from = at;
            if (!text.startsWith(word, at)) {
                throw bad(word + " expected");
            }
            at += word.length();
            return made(kind, from, Map.of(), List.of(), "");
        }

        private Json made(
                Kind kind, int from, Map<String, Json> members, List<Json> elements, @Nullable String string) {
            return new Json(kind, text.substring(from, at), members, elements, string == null ? "" : string);
        }

        private void skipSpace() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private char peek() {
            if (at >= text.length()) {
                throw bad("end of text");
            }
            return text.charAt(at);
        }

        private void expect(char c) {
            if (peek() != c) {
                throw bad(c + " expected");
            }
            at++;
        }

        private AssertionError bad(String what) {
            return new AssertionError("not JSON, " + what + " at " + at + ": " + text);
        }
    }
}
