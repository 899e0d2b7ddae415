package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.protocol.CloseCode;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MessageInflaterTest {
    private static final int MAX = 100_000;

    private final MessageInflater inflater = new MessageInflater();

    private final Holder holder = new Holder();

    @AfterEach
    void close() {
        inflater.close();
        assertThat(holder.held).as("given back").isZero();
    }

    /** Has as much memory as the test sets. */
    private static final class Holder implements FrameHandler {
        long limit = Long.MAX_VALUE;
        long held;
        long most;

        @Override
        public boolean hold(long before, long bytes) {
            assertThat(before).isEqualTo(held);
            if (held + bytes > limit) {
                return false;
            }
            held += bytes;
            most = Math.max(most, held);
            return true;
        }

        @Override
        public void release(long bytes) {
            held -= bytes;
        }

        @Override
        public boolean onMessage(byte[] bytes, int from, int to, boolean text) {
            throw new AssertionError();
        }

        @Override
        public void onPing(byte[] bytes, int from, int to) {}

        @Override
        public void onClose(int code) {}
    }

    @Test
    void inflatedBytes_areCounted_beyondTheBufferOfTheThread() throws Exception {
        byte[] bytes = new byte[MAX];

        assertThat(inflate(deflated(bytes, 9))).isEqualTo(bytes);

        assertThat(holder.most).isEqualTo(MAX + 1);
        assertThat(holder.held).isZero();
    }

    @Test
    void messageThatTheNodeHasNoMemoryFor_isRefused() throws Exception {
        holder.limit = 80_000;
        byte[] bomb = deflated(new byte[MAX], 9);

        assertEnds(CloseCode.AT_CAPACITY, () -> inflate(bomb));

        assertThat(inflate(deflated(new byte[50_000], 9))).hasSize(50_000);
    }

    /** By RFC 7692 section 7.2.1. */
    static byte[] deflated(byte[] bytes, int level) {
        Deflater deflater = new Deflater(level, true);
        try {
            deflater.setInput(bytes);
            byte[] out = new byte[bytes.length * 2 + 100];
            int length = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
            return Arrays.copyOf(out, length - 4);
        } finally {
            deflater.end();
        }
    }

    private byte[] inflate(byte[] bytes) throws FrameException {
        // Not at the start of its array, and followed by foreign bytes.
        byte[] around = new byte[bytes.length + 7];
        Arrays.fill(around, (byte) 0x55);
        System.arraycopy(bytes, 0, around, 3, bytes.length);
        return inflater.inflate(around, 3, 3 + bytes.length, MAX, holder);
    }

    private byte[] inflateHex(String hex) throws FrameException {
        return inflate(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static void assertEnds(CloseCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        FrameException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @ParameterizedTest
    @CsvSource({
        "7.2.3.1 one block, f2 48 cd c9 c9 07 00",
        "7.2.3.3 no compression, 00 05 00 fa ff 48 65 6c 6c 6f 00",
        "7.2.3.4 a final block, f3 48 cd c9 c9 07 00 00",
        "7.2.3.5 two blocks, f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
        "a final block and nothing behind it, f3 48 cd c9 c9 07 00",
        "two final blocks, f3 48 05 00 cb c9 c9 07 00 00",
    })
    void examplesOfTheRfc_areHello(String name, String hex) throws Exception {
        assertThat(inflateHex(hex)).as(name).isEqualTo("Hello".getBytes(UTF_8));
        assertThat(inflateHex(hex)).as("again").isEqualTo("Hello".getBytes(UTF_8));
    }

    @Test
    void anEmptyMessage_isOneByte() throws Exception {
        assertThat(inflateHex("00")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 6, 9})
    void dataDeflatedByTheJdk_isInflated_atAnyLength(int level) throws Exception {
        SplittableRandom random = new SplittableRandom(level);
        for (int length : new int[] {0, 1, 2, 100, 1_023, 1_024, 1_025, 4_096, 65_535, 65_536, 65_537, MAX - 1, MAX}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            Arrays.fill(bytes, 0, length / 2, (byte) 'a');

            assertThat(inflate(deflated(bytes, level))).isEqualTo(bytes);
        }
    }

    /** The longest result of a client's zlib for an allowed message is allowed, too. */
    @Test
    void deflatedBytes_haveRoomForTheWorstThatZlibMakes() {
        for (int length : new int[] {1, 100, 1_000, 65_536}) {
            byte[] bytes = new byte[length];
            new SplittableRandom(length).nextBytes(bytes);
            for (int level : new int[] {0, 1, 6, 9}) {
                assertThat(deflated(bytes, level).length).isLessThanOrEqualTo(MessageInflater.maxDeflatedBytes(length));
            }
        }
        assertThat(MessageInflater.maxDeflatedBytes(Integer.MAX_VALUE - 64)).isPositive();
    }

    @ParameterizedTest
    @ValueSource(ints = {MAX + 1, MAX + 2, 2 * MAX, 50_000_000})
    void aMessageOverTheLimit_endsAtTheLimit(int length) throws Exception {
        byte[] bomb = deflated(new byte[length], 9);

        long from = System.nanoTime();
        assertEnds(CloseCode.MESSAGE_TOO_BIG, () -> inflate(bomb));
        long nanos = System.nanoTime() - from;

        assertThat(nanos).as("inflated no further than the limit").isLessThan(1_000_000_000L);
        assertThat(inflateHex("f2 48 cd c9 c9 07 00")).as("the next").isEqualTo("Hello".getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // a message has at least the header of a block
                "ff",
                "07 00", // a block of the reserved type
                "f2 48 cd c9 c9", // ends within a block
                "00 05 00 fa ff 48 65",
                "00 05 00 00 00 48 65 6c 6c 6f 00", // the length twice, and not equal
                "f2 48 cd c9 c9 07 00 00 00 ff ff", // the final bytes that have to be omitted are present
                "02 83 00 00", // refers to data before the start
                "f3 48 cd c9 c9 07 00 ff",
                "48 65 6c 6c 6f",
            })
    void otherData_isRefused(String hex) throws Exception {
        assertEnds(CloseCode.INVALID_UTF8, () -> inflateHex(hex));
        assertThat(inflateHex("f2 48 cd c9 c9 07 00")).as("the next").isEqualTo("Hello".getBytes(UTF_8));
    }

    @Test
    void aMessageThatIsCutAnywhere_ends() throws Exception {
        byte[] bytes = new byte[3_000];
        new SplittableRandom(1).nextBytes(bytes);
        Arrays.fill(bytes, 100, 2_000, (byte) 'z');
        byte[] whole = deflated(bytes, 6);
        for (int length = 0; length < whole.length - 1; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertEnds(CloseCode.INVALID_UTF8, () -> inflate(cut));
        }
        assertThat(inflate(whole)).isEqualTo(bytes);
    }

    /** Each final block starts a new stream, which costs far more than its two bytes. */
    @Test
    void endlessFinalBlocks_areRefused() throws Exception {
        ByteArrayOutputStream blocks = new ByteArrayOutputStream();
        for (int i = 0; i < 16; i++) {
            blocks.writeBytes(new byte[] {3, 0});
        }
        assertThat(inflate(joined(blocks.toByteArray(), new byte[] {0}))).isEmpty();

        assertEnds(CloseCode.INVALID_UTF8, () -> inflate(joined(blocks.toByteArray(), new byte[] {3, 0, 0})));
    }

    @Test
    void randomBytes_endAtMostTheirConnection() throws Exception {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            try {
                assertThat(inflate(bytes).length).isLessThanOrEqualTo(MAX);
            } catch (FrameException e) {
                assertThat(e.code()).isIn(CloseCode.INVALID_UTF8, CloseCode.MESSAGE_TOO_BIG);
            }
        }
        assertThat(inflateHex("f2 48 cd c9 c9 07 00")).isEqualTo("Hello".getBytes(UTF_8));
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }
}
