package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The frames of a client with permessage-deflate (RFC 7692 section 6), in pieces of any size. Their mask is 0. */
final class DeflatedFramesTest {
    private static final int MAX = 1_000;
    private static final String HELLO = "f248cdc9c90700";
    private static final String TEXT_HELLO = "text " + HexFormat.of().formatHex("Hello".getBytes(UTF_8));

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    private DeflatedFramesTest frame(int first, byte[] payload) {
        stream.write(first);
        if (payload.length < 126) {
            stream.write(0x80 | payload.length);
        } else {
            stream.write(0xfe);
            stream.write(payload.length >> 8);
            stream.write(payload.length);
        }
        stream.writeBytes(new byte[4]);
        stream.writeBytes(payload);
        return this;
    }

    private DeflatedFramesTest frame(int first, String hex) {
        return frame(first, HexFormat.of().parseHex(hex));
    }

    /** The found events, which are the same for any pieces of the stream. */
    private List<String> events() {
        byte[] bytes = stream.toByteArray();
        List<String> whole =
                Events.readDeflated(bytes, MAX, 0, () -> bytes.length).all();
        assertThat(Events.readDeflated(bytes, MAX, 1, () -> 1).all()).isEqualTo(whole);
        for (int seed = 0; seed < 30; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            assertThat(Events.readDeflated(bytes, MAX, 1, () -> random.nextInt(1, 30))
                            .all())
                    .isEqualTo(whole);
        }
        return whole;
    }

    @Test
    void aMessageInOneFrame() {
        frame(0xc1, HELLO).frame(0xc2, HELLO).frame(0x81, "61");

        assertThat(events()).containsExactly(TEXT_HELLO, TEXT_HELLO.replace("text", "binary"), "text 61", "idle");
    }

    @Test
    void aMessageInFragments_isReportedOnce_withControlFramesBetween() {
        frame(0x41, "f248cd")
                .frame(0x89, "01")
                .frame(0x00, "")
                .frame(0x00, "c9c9")
                .frame(0x8a, "")
                .frame(0x80, "0700")
                .frame(0x81, "62");

        assertThat(events()).containsExactly("ping 01", "pong", TEXT_HELLO, "text 62", "idle");
    }

    @Test
    void deflatedAndPlainMessages_takeTurns() {
        frame(0x01, "61")
                .frame(0x80, "62")
                .frame(0xc1, HELLO)
                .frame(0x81, "63")
                .frame(0x41, HELLO)
                .frame(0x80, "");

        assertThat(events()).containsExactly("text 6162", TEXT_HELLO, "text 63", TEXT_HELLO, "idle");
    }

    @ParameterizedTest
    @CsvSource({
        "a control frame, c9",
        "a close, c8",
        "a pong, ca",
        "a continuation, c0",
        "RSV1 and RSV2, e1",
        "RSV1 and RSV3, d1",
        "RSV2, a1",
        "RSV3, 91",
        "a reserved opcode, c3",
    })
    void rsv1_isWrong_onAnythingButTheStartOfAMessage(String name, String first) {
        frame(Integer.parseInt(first, 16), "");

        assertThat(events()).as(name).containsExactly("PROTOCOL_ERROR: reserved bits are set");
    }

    @Test
    void rsv1_isWrong_onALaterFragment() {
        frame(0x41, "f248cd").frame(0xc0, "c9c90700");

        assertThat(events()).containsExactly("PROTOCOL_ERROR: reserved bits are set");
    }

    @Test
    void rsv1_isWrong_whenNothingWasNegotiated() {
        frame(0xc1, HELLO);

        assertThat(Events.of(MAX, stream.toByteArray())).containsExactly("PROTOCOL_ERROR: reserved bits are set");
    }

    @Test
    void theLimit_isThatOfTheMessage() {
        byte[] bytes = new byte[MAX];
        Arrays.fill(bytes, (byte) 'a');
        frame(0xc1, MessageInflaterTest.deflated(bytes, 6));
        assertThat(events()).hasSize(2).last().isEqualTo("idle");

        frame(0xc1, MessageInflaterTest.deflated(Arrays.copyOf(bytes, MAX + 1), 6));
        assertThat(events())
                .hasSize(2)
                .last()
                .isEqualTo("MESSAGE_TOO_BIG: message is too big (expected: <= 1000 bytes)");
    }

    @Test
    void aMessageThatGrowsWhenDeflated_mayHaveTheLimit() {
        byte[] bytes = new byte[MAX];
        new SplittableRandom(1).nextBytes(bytes);
        byte[] deflated = MessageInflaterTest.deflated(bytes, 6);
        assertThat(deflated.length).isGreaterThan(MAX);
        frame(0xc2, deflated);

        assertThat(events()).containsExactly("binary 1000 bytes " + Arrays.hashCode(bytes), "idle");
    }

    @Test
    void deflatedBytes_areLimited_beforeTheyCome() {
        stream.writeBytes(new byte[] {(byte) 0xc1, (byte) 0xfe, 0x05, 0x00, 0, 0, 0, 0}); // 1,280

        assertThat(events()).containsExactly("MESSAGE_TOO_BIG: message is too big (expected: <= 1000 bytes)");
    }

    @Test
    void deflatedBytes_areLimited_inFragmentsToo() {
        byte[] nothing = new byte[500]; // endless empty blocks
        frame(0x41, nothing).frame(0x00, nothing).frame(0x00, nothing);

        assertThat(events()).containsExactly("MESSAGE_TOO_BIG: message is too big (expected: <= 1000 bytes)");
    }

    @Test
    void text_hasToBeUtf8_onceInflated() {
        byte[] broken = {'a', (byte) 0xc3, '('};
        frame(0xc2, MessageInflaterTest.deflated(broken, 6)).frame(0xc1, MessageInflaterTest.deflated(broken, 6));

        assertThat(events()).containsExactly("binary 61c328", "INVALID_UTF8: text is not UTF-8");
    }

    @Test
    void corruptData_isRefused() {
        frame(0xc1, "ff");

        assertThat(events()).containsExactly("INVALID_UTF8: message is not deflate data");
    }
}
