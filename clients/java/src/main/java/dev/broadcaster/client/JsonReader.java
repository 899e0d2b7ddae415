package dev.broadcaster.client;

/**
 * Reads JSON text strictly (RFC 8259), with the limits of the protocol (section 2): 64 levels, numbers of 1,000 characters.
 * Throws {@link Malformed}. Not safe for use by several threads.
 */
final class JsonReader {
    static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER = 1000;

    private final String text;
    private final int end;
    private int at;

    JsonReader(String text) {
        this(text, 0, text.length());
    }

    JsonReader(String text, int from, int end) {
        this.text = text;
        this.at = from;
        this.end = end;
    }

    /** Checks that {@code json} is one JSON value of at most {@code depth} levels. */
    static void check(String json, int depth) {
        var reader = new JsonReader(json);
        reader.space();
        reader.skip(depth);
        reader.space();
        reader.expectEnd();
    }

    int position() {
        return at;
    }

    void expectEnd() {
        if (at < end) {
            throw wrong("nothing after the value");
        }
    }

    /** The next character, or 0 at the end. */
    char peek() {
        return at < end ? text.charAt(at) : 0;
    }

    /** True if the next character is {@code c}, which is then read. */
    boolean take(char c) {
        if (at < end && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char c) {
        if (!take(c)) {
            throw wrong("'" + c + "'");
        }
    }

    void space() {
        while (at < end) {
            char c = text.charAt(at);
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return;
            }
            at++;
        }
    }

    /** Reads over one value, in which there may be {@code depth} levels of arrays and objects. */
    void skip(int depth) {
        switch (peek()) {
            case '{' -> skipMembers('}', depth, true);
            case '[' -> skipMembers(']', depth, false);
            case '"' -> skipString();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> skipNumber();
        }
    }

    private void skipMembers(char close, int depth, boolean named) {
        if (depth == 0) {
            throw new Malformed("nested too deep (expected: <= " + MAX_DEPTH + " levels)");
        }
        at++;
        space();
        if (take(close)) {
            return;
        }
        do {
            space();
            if (named) {
                skipString();
                space();
                expect(':');
                space();
            }
            skip(depth - 1);
            space();
        } while (take(','));
        expect(close);
    }

    /** Reads a string over; returns true if it has escapes. */
    boolean skipString() {
        expect('"');
        boolean escaped = false;
        while (at < end) {
            char c = text.charAt(at++);
            if (c == '"') {
                return escaped;
            }
            if (c < ' ') {
                throw wrong("no control character in a string");
            }
            if (c == '\\') {
                escaped = true;
                escape();
            }
        }
        throw wrong("'\"'");
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("an escape");
        };
    }

    private char unicode() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            char c = peek();
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw wrong("four hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    /** Reads a string. */
    String string() {
        int from = at + 1;
        if (!skipString()) {
            return text.substring(from, at - 1);
        }
        int close = at - 1;
        var value = new StringBuilder(close - from);
        at = from;
        while (at < close) {
            char c = text.charAt(at++);
            value.append(c == '\\' ? escape() : c);
        }
        at = close + 1;
        return value.toString();
    }

    private void word(String word) {
        if (!text.startsWith(word, at) || at + word.length() > end) {
            throw wrong("a value");
        }
        at += word.length();
    }

    private void skipNumber() {
        int from = at;
        take('-');
        if (!take('0')) {
            digits();
        }
        if (take('.')) {
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (!take('+')) {
                take('-');
            }
            digits();
        }
        if (at - from > MAX_NUMBER) {
            throw new Malformed("a number of " + (at - from) + " characters (expected: <= " + MAX_NUMBER + ")");
        }
    }

    private void digits() {
        int from = at;
        while (at < end && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == from) {
            throw wrong("a value");
        }
    }

    private Malformed wrong(String expected) {
        return new Malformed("not JSON at character " + at + " (expected: " + expected + ")");
    }
}
