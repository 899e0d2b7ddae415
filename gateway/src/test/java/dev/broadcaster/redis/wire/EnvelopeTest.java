package dev.broadcaster.redis.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvelopeTest {
    private static final byte[] EVENT = "\"é e\"".getBytes(UTF_8);
    private static final byte[] PAYLOAD = "{\"a\": [1, \" \"]}".getBytes(UTF_8);

    private static Envelope parse(byte[] bytes) {
        return Envelope.parse(ByteBuffer.wrap(bytes));
    }

    @Test
    void parse_readsTheEnvelopeOfTheScript() {
        byte[] tail = Envelope.tail("01ID", "2026-01-01T00:00:00.000Z", false, EVENT, PAYLOAD);
        byte[] head = "1 EPOCH 9007199254740991 ".getBytes(ISO_8859_1);

        Envelope envelope = parse(joined(head, tail));

        assertThat(envelope).isNotNull();
        assertThat(envelope.position()).isEqualTo(new Position("EPOCH", 9007199254740991L));
        assertThat(envelope.id()).isEqualTo("01ID");
        assertThat(envelope.createTime()).isEqualTo("2026-01-01T00:00:00.000Z");
        assertThat(envelope.event()).isEqualTo(EVENT);
        assertThat(envelope.payload()).isEqualTo(PAYLOAD);
        assertThat(envelope.message("c").channel()).isEqualTo("c");
    }

    @Test
    void theIdOfAKeptMessage_isItsPosition() {
        Envelope kept = Envelope.of("EPOCH", 7, Envelope.tail("01ID", "time", true, EVENT, PAYLOAD));
        Envelope plain = Envelope.of("EPOCH", 7, Envelope.tail("01ID", "time", false, EVENT, PAYLOAD));

        assertThat(kept).isNotNull();
        assertThat(kept.publicId()).isEqualTo("EPOCH-7");
        assertThat(kept.message("c").id()).isEqualTo("EPOCH-7");
        assertThat(kept.id()).isEqualTo("01ID");
        assertThat(plain).isNotNull();
        assertThat(plain.message("c").id()).isEqualTo("01ID");
        assertThat(Envelope.of("EPOCH", 0, Envelope.tail("01ID", "time", true, EVENT, PAYLOAD)))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1 ",
                "1 e",
                "1 e 1 id time 3 \"e\"",
                "1 e 0 id time - 3 \"e\"1",
                "1 e -1 id time - 3 \"e\"1",
                "1 e 1x id time - 3 \"e\"1",
                "1 e 99999999999999999 id time - 3 \"e\"1",
                "1 e 1 id time - 1 \"e\"1",
                "1 e 1 id time - 4 \"e\"1",
                "1 e 1 id time - 99999999999 \"e\"1",
                "1  1 id time - 3 \"e\"1",
                "1 e 1 i\"d time - 3 \"e\"1",
                "1 e 1 i\\d time - 3 \"e\"1",
                "1 e 1 i\nd time - 3 \"e\"1",
                "1 e 1 0123456789012345678901234567890123456789012345678901234567890123456789 time - 3 \"e\"1",
                "1 e 1 id time x 3 \"e\"1",
                "1 e 1 id time hh 3 \"e\"1",
                "1 e 1 id time  3 \"e\"1",
                "1 e  id time - 3 \"e\"1",
                "1 e 1 id time - 3x \"e\"1",
                "1 e 1 id time -  \"e\"1",
                "1 e 1 id time - 00000000000000003 \"e\"1",
                "1 e 1 id time 3 \"e\"1",
                "2 e 1 id time - 3 \"e\"1",
                "{\"json\":1}"
            })
    void parse_isNull_forOtherText(String text) {
        assertThat(parse(text.getBytes(UTF_8))).isNull();
    }

    @Test
    void parse_readsFromAnyBuffer_withoutMovingItsPosition() {
        byte[] whole = joined("1 EPOCH 7 ".getBytes(ISO_8859_1), Envelope.tail("01ID", "time", true, EVENT, PAYLOAD));
        ByteBuffer heap = ByteBuffer.allocate(whole.length + 7);
        ByteBuffer direct = ByteBuffer.allocateDirect(whole.length + 7);
        for (ByteBuffer buffer : new ByteBuffer[] {heap, direct, heap.asReadOnlyBuffer(), direct.asReadOnlyBuffer()}) {
            if (!buffer.isReadOnly()) {
                buffer.put("1 2".getBytes(UTF_8)).put(whole).put("more".getBytes(UTF_8));
            }
            buffer.limit(3 + whole.length).position(3);

            Envelope envelope = Envelope.parse(buffer);

            assertThat(envelope).isNotNull();
            assertThat(envelope.position()).isEqualTo(new Position("EPOCH", 7));
            assertThat(envelope.kept()).isTrue();
            assertThat(envelope.event()).isEqualTo(EVENT);
            assertThat(envelope.payload()).isEqualTo(PAYLOAD);
            assertThat(buffer.remaining()).isEqualTo(whole.length);
        }
    }

    @Test
    void anEnvelope_staysAsItWas_whenTheBufferIsUsedAgain() {
        byte[] bytes = joined("1 EPOCH 7 ".getBytes(ISO_8859_1), Envelope.tail("01ID", "time", false, EVENT, PAYLOAD));
        Envelope envelope = parse(bytes);
        Arrays.fill(bytes, (byte) 'x');

        assertThat(envelope).isNotNull();
        assertThat(envelope.event()).isEqualTo(EVENT);
        assertThat(envelope.payload()).isEqualTo(PAYLOAD);
    }

    @Test
    void aField_hasAtMost63Characters() {
        String longest = "x".repeat(63);

        assertThat(parse(("1 e 1 " + longest + " t - 3 \"e\"1").getBytes(UTF_8)))
                .extracting(Envelope::id)
                .isEqualTo(longest);
        assertThat(parse(("1 e 1 x" + longest + " t - 3 \"e\"1").getBytes(UTF_8)))
                .isNull();
    }

    @Test
    void parse_isNull_whereverAnEnvelopeWasCut() {
        byte[] whole = "1 e 1 id time h 3 \"e\"1".getBytes(UTF_8);

        assertThat(parse(whole)).isNotNull();
        for (int length = 0; length < whole.length; length++) {
            assertThat(parse(Arrays.copyOf(whole, length))).isNull();
        }
    }

    @Test
    void aNumber_hasOneToSixteenDigits() {
        assertThat(Envelope.number("0")).isZero();
        assertThat(Envelope.number("9999999999999999")).isEqualTo(9_999_999_999_999_999L);
        for (String text : new String[] {"", "-1", "+1", " 1", "1 ", "1x", "00000000000000001"}) {
            assertThat(Envelope.number(text)).isEqualTo(-1);
        }
    }

    @Test
    void parse_neverFails() {
        long seed = new SplittableRandom().nextLong();
        System.out.println("envelope.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good = joined("1 e 12 ".getBytes(UTF_8), Envelope.tail("id", "time", true, EVENT, PAYLOAD));
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = good.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            parse(cut);
            Envelope.parse(ByteBuffer.allocateDirect(cut.length).put(cut).flip());
            Envelope.isOtherVersion(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2 x", "12 x", "999999999 x", "2 "})
    void isOtherVersion_whenItBeginsWithAnotherNumber(String text) {
        assertThat(Envelope.isOtherVersion(text.getBytes(UTF_8))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 e 1", "1 ", "x 1", "", " ", "12", "9999999999 x", "{\"a\": 1}"})
    void isNotAnotherVersion_otherwise(String text) {
        assertThat(Envelope.isOtherVersion(text.getBytes(UTF_8))).isFalse();
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
