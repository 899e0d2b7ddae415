package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of RFC 6455 section 5; the pieces in which a stream arrives change nothing. */
final class FrameReaderTest {
    private static final int MAX = 1_000;
    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    private final ByteArrayOutputStream stream = new ByteArrayOutputStream();

    private FrameReaderTest frame(boolean fin, int opcode, byte[] payload) {
        stream.writeBytes(header((fin ? 0x80 : 0) | opcode, payload.length));
        for (int i = 0; i < payload.length; i++) {
            stream.write(payload[i] ^ MASK[i % 4]);
        }
        return this;
    }

    private FrameReaderTest frame(int opcode, String payload) {
        return frame(true, opcode, payload.getBytes(UTF_8));
    }

    private FrameReaderTest fragment(int opcode, String payload) {
        return frame(false, opcode, payload.getBytes(UTF_8));
    }

    private FrameReaderTest hex(String hex) {
        stream.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    private static byte[] header(int first, int length) {
        ByteBuffer header = ByteBuffer.allocate(14).put((byte) first);
        if (length < 126) {
            header.put((byte) (0x80 | length));
        } else if (length < 65_536) {
            header.put((byte) 0xfe).putShort((short) length);
        } else {
            header.put((byte) 0xff).putLong(length);
        }
        header.put(MASK);
        return Arrays.copyOf(header.array(), header.position());
    }

    /** The found events, which are the same in any two or three pieces, and byte by byte. */
    private List<String> events() {
        byte[] bytes = stream.toByteArray();
        List<String> whole = Events.of(MAX, bytes);
        assertThat(Events.read(bytes, MAX, 0, () -> 1).all()).isEqualTo(whole);
        assertThat(Events.read(bytes, MAX, 1, () -> 1).all()).isEqualTo(whole);
        assertThat(Events.read(bytes, MAX, 1, () -> bytes.length).all()).isEqualTo(whole);
        for (int first = 1; first < bytes.length; first++) {
            int[] lengths = {first, 1, bytes.length};
            int[] next = {0};
            List<String> split =
                    Events.read(bytes, MAX, 0, () -> lengths[next[0]++]).all();
            assertThat(split).as("split at %d", first).isEqualTo(whole);
        }
        return whole;
    }

    private static String hexOf(String text) {
        return HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    private void assertEnds(String reason) {
        List<String> events = events();
        assertThat(events.get(events.size() - 1)).isEqualTo(reason);
    }

    @Test
    void aMessageInOneFrame_theExampleOfTheRfc() {
        hex("81 85 37fa213d 7f9f4d5158");

        assertThat(events()).containsExactly("text " + hexOf("Hello"), "idle");
    }

    @Test
    void messagesOfEveryLengthOfHeader() {
        frame(Opcode.TEXT, "")
                .frame(Opcode.BINARY, "x".repeat(125))
                .frame(Opcode.BINARY, "")
                .frame(Opcode.TEXT, "é".repeat(63));

        assertThat(events())
                .containsExactly(
                        "text ",
                        "binary " + hexOf("x".repeat(125)),
                        "binary ",
                        "text " + hexOf("é".repeat(63)),
                        "idle");
    }

    @Test
    void aMessageOf65536Bytes_hasAHeaderOf14() {
        byte[] payload = new byte[65_536];
        Arrays.fill(payload, (byte) 'a');
        frame(true, Opcode.BINARY, payload);
        byte[] bytes = stream.toByteArray();

        List<String> whole = Events.of(65_536, bytes);

        assertThat(whole).containsExactly("binary 65536 bytes " + Arrays.hashCode(payload), "idle");
        for (int piece : new int[] {1, 7, 13, 14, 15, 4_096, 65_535}) {
            assertThat(Events.read(bytes, 65_536, 0, () -> piece).all()).isEqualTo(whole);
        }
    }

    @Test
    void fragmentsMakeOneMessage_withControlFramesBetween_andCharactersCutInTwo() {
        byte[] text = "a€😀é".getBytes(UTF_8);
        frame(false, Opcode.TEXT, Arrays.copyOfRange(text, 0, 2))
                .frame(Opcode.PING, "hi")
                .frame(false, Opcode.CONTINUATION, Arrays.copyOfRange(text, 2, 6))
                .fragment(Opcode.CONTINUATION, "")
                .frame(Opcode.PONG, "ho")
                .frame(true, Opcode.CONTINUATION, Arrays.copyOfRange(text, 6, text.length))
                .fragment(Opcode.BINARY, "")
                .frame(Opcode.CONTINUATION, "")
                .frame(Opcode.TEXT, "next");

        assertThat(events())
                .containsExactly(
                        "ping " + hexOf("hi"),
                        "pong",
                        "text " + HexFormat.of().formatHex(text),
                        "binary ",
                        "text " + hexOf("next"),
                        "idle");
    }

    @Test
    void aMaskOfZerosIsAMask() {
        hex("81 82 00000000 6869");

        assertThat(events()).containsExactly("text 6869", "idle");
    }

    @ParameterizedTest
    @ValueSource(strings = {"81 02 6869", "82 00", "89 00", "88 00", "81 7e 0080"})
    void aFrameThatIsNotMasked_isRefused(String bytes) {
        hex(bytes);

        assertEnds("PROTOCOL_ERROR: frame is not masked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c1", "a1", "91", "f1", "c9", "98", "40"})
    void reservedBits_areRefused(String first) {
        hex(first + " 80 00000000");

        assertEnds("PROTOCOL_ERROR: reserved bits are set");
    }

    @ParameterizedTest
    @ValueSource(strings = {"83", "84", "85", "86", "87", "8b", "8c", "8d", "8e", "8f", "03", "0b"})
    void reservedOpcodes_areRefused(String first) {
        hex(first + " 80 00000000");

        assertEnds("PROTOCOL_ERROR: reserved opcode");
    }

    @ParameterizedTest
    @ValueSource(strings = {"08", "09", "0a"})
    void aFragmentedControlFrame_isRefused(String first) {
        hex(first + " 80 00000000");

        assertEnds("PROTOCOL_ERROR: fragmented control frame");
    }

    @ParameterizedTest
    @ValueSource(strings = {"88 fe 007e", "89 fe 007e", "8a ff 000000000000007e", "89 fe 0001"})
    void aLongControlFrame_isRefused(String start) {
        hex(start + " 00000000");

        assertEnds("PROTOCOL_ERROR: control frame over 125 bytes");
    }

    @Test
    void aContinuationOfNothing_isRefused() {
        frame(Opcode.TEXT, "a").frame(Opcode.CONTINUATION, "b");

        assertThat(events()).containsExactly("text 61", "PROTOCOL_ERROR: continuation without a start");
    }

    @ParameterizedTest
    @ValueSource(ints = {Opcode.TEXT, Opcode.BINARY})
    void aMessageInsideAFragmentedOne_isRefused(int opcode) {
        fragment(Opcode.TEXT, "a").frame(opcode, "b");

        assertEnds("PROTOCOL_ERROR: a new message inside a fragmented one");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "82 fe 0000",
                "82 fe 007d",
                "82 ff 0000000000000000",
                "82 ff 000000000000007e",
                "82 ff 000000000000ffff"
            })
    void aLengthThatIsNotTheShortest_isRefused(String start) {
        hex(start + " 00000000");

        assertEnds("PROTOCOL_ERROR: length is not in its shortest form");
    }

    @ParameterizedTest
    @ValueSource(strings = {"82 ff ffffffffffffffff", "82 ff 8000000000000000"})
    void aNegativeLength_isRefused(String start) {
        hex(start + " 00000000");

        assertEnds("PROTOCOL_ERROR: negative length");
    }

    @ParameterizedTest
    @ValueSource(strings = {"82 fe 03e9", "82 ff 7fffffffffffffff", "81 ff 0000000100000000", "02 ff 0000000000010000"})
    void aMessageThatIsTooBig_isRefusedByItsHeader(String start) {
        hex(start + " 00000000");

        assertEnds("MESSAGE_TOO_BIG: message is too big (expected: <= 1000 bytes)");
    }

    @Test
    void fragmentsThatAreTooBigTogether_areRefused_atTheHeaderThatIsTooMuch() {
        fragment(Opcode.BINARY, "x".repeat(600))
                .fragment(Opcode.CONTINUATION, "x".repeat(400))
                .fragment(Opcode.CONTINUATION, "");
        stream.writeBytes(header(0x80, 1));

        assertEnds("MESSAGE_TOO_BIG: message is too big (expected: <= 1000 bytes)");
    }

    @Test
    void aMessageOfExactlyTheLimit_isRead() {
        fragment(Opcode.BINARY, "x".repeat(999))
                .frame(Opcode.PING, "p".repeat(125))
                .frame(Opcode.CONTINUATION, "x");

        assertThat(events()).hasSize(3).last().isEqualTo("idle");
    }

    @Test
    void emptyContinuationsWithoutEndTakeNoMemory() {
        fragment(Opcode.TEXT, "a");
        for (int i = 0; i < 100_000; i++) {
            fragment(Opcode.CONTINUATION, "");
        }

        // Events checks that the held bytes are bounded by the received ones.
        assertThat(Events.of(MAX, stream.toByteArray())).containsExactly("unfinished");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ff", "c080", "eda080", "f4908080", "80", "61e282", "f09f98"})
    void textThatIsNotUtf8_isRefused(String payload) {
        frame(true, Opcode.TEXT, HexFormat.of().parseHex(payload));

        assertEnds("INVALID_UTF8: text is not UTF-8");
    }

    @Test
    void textThatIsNotUtf8_isRefusedAtTheWrongByte_howeverMuchIsToCome() {
        stream.writeBytes(header(0x81, 900));
        stream.write('a' ^ MASK[0]);
        stream.write(0xff ^ MASK[1]);

        assertEnds("INVALID_UTF8: text is not UTF-8");
    }

    @Test
    void textThatIsCutAtTheEndOfTheMessage_isRefused() {
        frame(false, Opcode.TEXT, new byte[] {'a', (byte) 0xe2})
                .frame(true, Opcode.CONTINUATION, new byte[] {(byte) 0x82});

        assertEnds("INVALID_UTF8: text is not UTF-8");
    }

    @Test
    void binaryMayBeAnything() {
        frame(true, Opcode.BINARY, "\u00ff\u00fe\u0080".getBytes(ISO_8859_1));

        assertThat(events()).containsExactly("binary fffe80", "idle");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4400, 4999
            })
    void aCloseCodeIsHandedOver_andNothingIsReadAfterIt(int code) {
        frame(true, Opcode.CLOSE, new byte[] {(byte) (code >> 8), (byte) code, 'b', 'y', 'e'});
        frame(Opcode.TEXT, "after");

        assertThat(events()).containsExactly("close " + code, "idle");
    }

    @Test
    void aCloseFrameMayBeEmpty() {
        fragment(Opcode.TEXT, "a").frame(Opcode.CLOSE, "");

        assertThat(events()).startsWith("close " + FrameReader.NO_CODE);
    }

    @Test
    void aCloseFrameWithHalfACode_isRefused() {
        frame(Opcode.CLOSE, "x");

        assertEnds("PROTOCOL_ERROR: close frame with half a code");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535})
    void aCloseCodeThatMayNotBeSent_isRefused(int code) {
        frame(true, Opcode.CLOSE, new byte[] {(byte) (code >> 8), (byte) code});

        assertEnds("PROTOCOL_ERROR: invalid close code");
    }

    @Test
    void aCloseReasonThatIsNotUtf8_isRefused() {
        frame(true, Opcode.CLOSE, new byte[] {3, (byte) 0xe8, (byte) 0xed, (byte) 0xa0, (byte) 0x80});

        assertEnds("INVALID_UTF8: close reason is not UTF-8");
    }

    @Test
    void httpIsNoFrame() {
        stream.writeBytes("GET / HTTP/1.1\r\n".getBytes(ISO_8859_1));

        assertEnds("PROTOCOL_ERROR: reserved bits are set");
    }

    @Test
    void theHandlerStopsTheReaderBehindAMessage() throws Exception {
        frame(Opcode.TEXT, "a").frame(Opcode.TEXT, "b");
        byte[] bytes = stream.toByteArray();
        FrameReader reader = new FrameReader(MAX, new MessageInflater());
        FrameHandler stopping = new FrameHandler() {
            @Override
            public boolean onMessage(byte[] message, int from, int to, boolean text) {
                return false;
            }

            @Override
            public void onPing(byte[] message, int from, int to) {}

            @Override
            public void onPong() {}

            @Override
            public void onClose(int code) {}
        };

        assertThat(reader.read(bytes, 0, bytes.length, stopping)).isEqualTo(bytes.length / 2);
        assertThat(reader.isIdle()).isTrue();
        assertThat(reader.read(bytes, bytes.length / 2, bytes.length, stopping)).isEqualTo(bytes.length);
    }

    @Test
    void aReaderIsIdle_onlyBetweenMessages() throws Exception {
        FrameReader reader = new FrameReader(MAX, new MessageInflater());
        fragment(Opcode.TEXT, "a").frame(Opcode.CONTINUATION, "b").frame(Opcode.PING, "p");
        byte[] bytes = stream.toByteArray();
        for (int at = 0; at < bytes.length; at++) {
            assertThat(reader.isIdle()).as("at %d", at).isEqualTo(at == 0 || at == 14);
            byte[] one = {bytes[at]};
            reader.read(one, 0, 1, new IgnoringHandler());
        }
        assertThat(reader.isIdle()).isTrue();
    }

    private static final class IgnoringHandler implements FrameHandler {
        @Override
        public boolean onMessage(byte[] bytes, int from, int to, boolean text) {
            return true;
        }

        @Override
        public void onPing(byte[] bytes, int from, int to) {}

        @Override
        public void onPong() {}

        @Override
        public void onClose(int code) {}
    }
}
