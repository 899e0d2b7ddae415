package dev.broadcaster.relay;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Names of channels that clients may not use, but that all internal parts have to accept: 1 to 200 bytes of UTF-8. */
public final class ChannelNames {
    private static final int MAX_BYTES = 200;
    private static final long SEED = System.nanoTime();

    private ChannelNames() {}

    /** Every ASCII character in blocks of 16, names that look like other syntax, the shortest and the longest ones. */
    public static Stream<String> all() {
        Stream<String> ascii = IntStream.range(0, 8)
                .mapToObj(block -> IntStream.range(0, 16)
                        .mapToObj(i -> String.valueOf((char) (block * 16 + i)))
                        .reduce("", String::concat));
        Stream<String> special = Stream.of(
                " ",
                "\u0000",
                "{x}",
                "a{b}c{}",
                "}{",
                "a b",
                " 3 a b",
                "\"quoted\\\"",
                "line\r\n$1\r\nx",
                "é\u00ff\u0100\u20ac",
                "\uD83D\uDE00",
                "\u2028\u2029\ufeff",
                "*",
                "a".repeat(MAX_BYTES),
                "\u20ac".repeat(66) + "ab",
                "\uD83D\uDE00".repeat(50));
        System.out.println("names.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        return Stream.of(ascii, special, Stream.generate(() -> random(random)).limit(20))
                .flatMap(names -> names);
    }

    /** A name of any characters except lone surrogates, which UTF-8 cannot encode. */
    public static String random(SplittableRandom random) {
        StringBuilder name = new StringBuilder();
        int most = random.nextInt(1, MAX_BYTES + 1);
        while (true) {
            int limit = random.nextBoolean() ? 0x80 : random.nextBoolean() ? 0x800 : Character.MAX_CODE_POINT + 1;
            int c = random.nextInt(limit);
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                continue;
            }
            String next = name + Character.toString(c);
            if (next.getBytes(StandardCharsets.UTF_8).length > most) {
                return name.isEmpty() ? "x" : name.toString();
            }
            name.appendCodePoint(c);
        }
    }

    /** The start of {@code name}, to have another in front of it. */
    static String shortened(String name) {
        int end = name.length();
        while (name.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MAX_BYTES - 10) {
            end = name.offsetByCodePoints(end, -1);
        }
        return name.substring(0, end);
    }
}
