package dev.broadcaster.http;

import java.util.SplittableRandom;

/** Bodies in chunks: well-formed ones, and half of them with a few bytes changed. */
public final class RandomChunks {
    private static final String[] EXTENSIONS = {"", "", "", ";a", ";a=b", " ; a = \"b\\\"c\"", ";a=\"\";b"};
    private static final String[] FIELDS = {"X-A: b\r\n", "Content-Length: 5\r\n", "X:\r\n", "a: \u00e9 \t\r\n"};
    private static final String[] PIECES = {
        "\r",
        "\n",
        "\r\n",
        "\n\r",
        "0",
        "5",
        ";",
        "=",
        "\"",
        "\\",
        " ",
        "\t",
        ":",
        "\u0000",
        "\u007f",
        "\u0085",
        "\u00ff",
        "g",
        "0\r\n\r\n",
        "\r\n\r\n",
        "\n\n",
        "0x",
        "+",
        "-",
        "_"
    };

    private RandomChunks() {}

    /** The next one; at most some hundred bytes. */
    public static String next(SplittableRandom random) {
        String body = wellFormed(random, random.nextInt(40));
        for (int changes = random.nextBoolean() ? random.nextInt(1, 4) : 0; changes > 0; changes--) {
            body = mutated(body, random);
        }
        return body;
    }

    private static String wellFormed(SplittableRandom random, int length) {
        return of("abc\r\n0;".repeat(6).substring(0, length), random);
    }

    /** A random way to send this text in chunks. */
    public static String of(String text, SplittableRandom random) {
        StringBuilder body = new StringBuilder();
        for (int at = 0; at < text.length(); ) {
            int size = random.nextInt(1, text.length() - at + 1);
            line(body, size, random);
            body.append(text, at, at + size).append("\r\n");
            at += size;
        }
        line(body, 0, random);
        for (int fields = random.nextInt(3); fields > 0; fields--) {
            body.append(FIELDS[random.nextInt(FIELDS.length)]);
        }
        return body.append("\r\n").toString();
    }

    private static void line(StringBuilder body, int size, SplittableRandom random) {
        String digits = Integer.toHexString(size);
        body.append("0".repeat(random.nextInt(4) > 0 ? 0 : random.nextInt(20)))
                .append(random.nextBoolean() ? digits : digits.toUpperCase(java.util.Locale.ROOT))
                .append(EXTENSIONS[random.nextInt(EXTENSIONS.length)])
                .append("\r\n");
    }

    /** The text with one place changed. */
    public static String mutated(String text, SplittableRandom random) {
        int at = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), at + random.nextInt(3));
        String piece = switch (random.nextInt(4)) {
            case 0 -> "";
            case 1 -> String.valueOf((char) random.nextInt(256));
            default -> PIECES[random.nextInt(PIECES.length)];
        };
        return text.substring(0, at) + piece + text.substring(to);
    }
}
