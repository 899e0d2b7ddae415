package dev.broadcaster.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Compares with java.nio's decoder. */
final class Utf8Test {
    /** On both sides of every border of RFC 3629. */
    private static final int[] BORDERS = {
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
        0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfc, 0xfe, 0xff
    };

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final CharBuffer chars = CharBuffer.allocate(1_000);

    private boolean isValid(byte[] bytes) {
        return !decoder.reset()
                .decode(ByteBuffer.wrap(bytes), chars.clear(), true)
                .isError();
    }

    private void check(byte[] bytes) {
        boolean expected = isValid(bytes);
        if (Utf8.isValid(bytes, 0, bytes.length) != expected) {
            assertThat(bytes).as("expected: %s", expected).isNull();
        }
        for (int split = 0; split <= bytes.length; split++) {
            int state = Utf8.validate(Utf8.ACCEPT, bytes, 0, split);
            if ((Utf8.validate(state, bytes, split, bytes.length) == Utf8.ACCEPT) != expected) {
                assertThat(bytes)
                        .as("split at %d, expected: %s", split, expected)
                        .isNull();
            }
        }
    }

    @Test
    void everySequenceOfOneAndTwoBytes_isClassifiedCorrectly() {
        for (int a = 0; a < 256; a++) {
            check(new byte[] {(byte) a});
            for (int b = 0; b < 256; b++) {
                check(new byte[] {(byte) a, (byte) b});
            }
        }
    }

    @Test
    void everySequenceOfThreeAndFourBytesAroundTheBorders_isClassifiedCorrectly() {
        for (int a : BORDERS) {
            for (int b : BORDERS) {
                for (int c : BORDERS) {
                    check(new byte[] {(byte) a, (byte) b, (byte) c});
                    if (a >= 0xc0) {
                        for (int d : BORDERS) {
                            check(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
                        }
                    }
                }
            }
        }
    }

    @Test
    void randomBytes_andTextWithOneWrongByte_areClassifiedCorrectly() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            check(bytes);

            byte[] text = random.ints(random.nextInt(40), 0, 0x11000)
                    .map(point -> point % 3 == 0 ? point % 128 : point >= 0xd800 && point < 0xe000 ? 0x1f600 : point)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
            check(text);
            if (text.length > 0) {
                text[random.nextInt(text.length)] = (byte) random.nextInt(256);
                check(text);
            }
        }
    }

    @Test
    void onlyTheBytesBetween_areRead() {
        byte[] bytes = "\u00ff????????????a????????\u00ff".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(Utf8.isValid(bytes, 1, bytes.length - 1)).isTrue();
        assertThat(Utf8.isValid(bytes, 0, bytes.length - 1)).isFalse();
        assertThat(Utf8.isValid(bytes, 1, bytes.length)).isFalse();
        assertThat(Utf8.isValid(bytes, 5, 5)).isTrue();
    }

    @Test
    void aRejectedTextStaysRejected() {
        byte[] good = "good".getBytes(StandardCharsets.US_ASCII);

        assertThat(Utf8.validate(Utf8.REJECT, good, 0, good.length)).isEqualTo(Utf8.REJECT);
    }
}
