package dev.broadcaster.blackbox;

import java.util.Random;

/**
 * Random JSON texts at the limits of the protocol: numbers that no double can hold, each form of escape, lone
 * surrogates, duplicate keys, keys in no order, depth up to a limit, characters of every length. One thread.
 */
final class RandomJson {

    private static final String DIGITS = "0123456789";
    private static final String HEX = "0123456789abcdefABCDEF";
    private static final String[] KEYS = {
        "a", "b", "payload", "channel", "", "é", "\\u0061", "id", "z", "params", "\\\""
    };

    private final Random random;
    private final int maxDepth;

    RandomJson(Random random, int maxDepth) {
        this.random = random;
        this.maxDepth = maxDepth;
    }

    /** One value, mostly small, sometimes as deep or as long as allowed. */
    String value() {
        StringBuilder json = new StringBuilder();
        int kind = random.nextInt(20);
        if (kind == 0) {
            tower(json, 1 + random.nextInt(maxDepth));
        } else if (kind == 1) {
            number(json, 900);
        } else {
            value(json, random.nextInt(4));
        }
        return json.toString();
    }

    private void value(StringBuilder json, int depth) {
        space(json);
        switch (random.nextInt(depth > 0 ? 7 : 4)) {
            case 0 -> number(json, 20);
            case 1, 2 -> string(json);
            case 3 -> json.append(new String[] {"true", "false", "null"}[random.nextInt(3)]);
            case 4 -> array(json, depth);
            default -> object(json, depth);
        }
        space(json);
    }

    private void array(StringBuilder json, int depth) {
        json.append('[');
        int size = random.nextInt(6);
        for (int i = 0; i < size; i++) {
            if (i > 0) {
                json.append(',');
            }
            value(json, depth - 1);
        }
        json.append(']');
    }

    private void object(StringBuilder json, int depth) {
        json.append('{');
        int size = random.nextInt(6);
        for (int i = 0; i < size; i++) {
            if (i > 0) {
                json.append(',');
            }
            space(json);
            if (random.nextBoolean()) {
                json.append('"').append(KEYS[random.nextInt(KEYS.length)]).append('"');
            } else {
                string(json);
            }
            space(json);
            json.append(':');
            value(json, depth - 1);
        }
        json.append('}');
    }

    /** {@code depth} nested arrays and objects. */
    private void tower(StringBuilder json, int depth) {
        StringBuilder end = new StringBuilder();
        for (int i = 0; i < depth; i++) {
            boolean array = random.nextBoolean();
            json.append(array ? "[" : "{\"k\":");
            end.insert(0, array ? ']' : '}');
        }
        json.append("0").append(end);
    }

    private void number(StringBuilder json, int maxDigits) {
        int from = json.length();
        if (random.nextBoolean()) {
            json.append('-');
        }
        if (random.nextInt(4) == 0) {
            json.append('0');
        } else {
            json.append((char) ('1' + random.nextInt(9)));
            digits(json, random.nextInt(maxDigits));
        }
        if (random.nextBoolean()) {
            json.append('.');
            digits(json, 1 + random.nextInt(maxDigits));
        }
        if (random.nextBoolean()) {
            json.append(random.nextBoolean() ? 'e' : 'E').append(new String[] {"", "+", "-"}[random.nextInt(3)]);
            digits(json, 1 + random.nextInt(Math.min(maxDigits, 10)));
        }
        if (json.length() - from > 1000) {
            json.setLength(from);
            digits(json.append('1'), 999);
        }
    }

    private void digits(StringBuilder json, int count) {
        for (int i = 0; i < count; i++) {
            json.append(DIGITS.charAt(random.nextInt(10)));
        }
    }

    private void string(StringBuilder json) {
        json.append('"');
        int length = random.nextInt(12);
        for (int i = 0; i < length; i++) {
            switch (random.nextInt(9)) {
                case 0 -> json.append('\\').append("\"\\/bfnrt".charAt(random.nextInt(8)));
                case 1 -> unicodeEscape(json);
                case 2 -> loneSurrogate(json);
                case 3 -> json.appendCodePoint(0x80 + random.nextInt(0x780));
                case 4 -> json.appendCodePoint(0x800 + random.nextInt(0xd000));
                case 5 -> json.appendCodePoint(0xe000 + random.nextInt(0x2000));
                case 6 -> json.appendCodePoint(0x10000 + random.nextInt(0x100000));
                case 7 -> json.append("\u007f/<>&'\u2028\u2029".charAt(random.nextInt(8)));
                default -> json.append((char) ('a' + random.nextInt(26)));
            }
        }
        json.append('"');
    }

    private void unicodeEscape(StringBuilder json) {
        json.append("\\u");
        for (int i = 0; i < 4; i++) {
            json.append(HEX.charAt(random.nextInt(HEX.length())));
        }
    }

    private void loneSurrogate(StringBuilder json) {
        json.append(random.nextBoolean() ? "\\ud8" : "\\uDC").append(String.format("%02x", random.nextInt(256)));
    }

    private void space(StringBuilder json) {
        if (random.nextInt(8) == 0) {
            json.append(" \t\r\n".charAt(random.nextInt(4)));
        }
    }
}
