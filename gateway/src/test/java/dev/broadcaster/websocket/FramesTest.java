package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FramesTest {
    static EncodedBroadcast broadcast(int payloadLength) {
        byte[] payload = new byte[payloadLength];
        Arrays.fill(payload, (byte) '1');
        return EncodedBroadcast.of(new Message("id", "t", "c", "\"e\"".getBytes(UTF_8), payload));
    }

    static byte[] frame(EncodedBroadcast message, long seq) {
        ByteBuffer frame = ByteBuffer.allocate(Frames.broadcastLength(message, seq));
        Frames.putBroadcast(frame, message, seq);
        return frame.array();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 8100",
        "1, 8101",
        "125, 817d",
        "126, 817e007e",
        "65535, 817effff",
        "65536, 817f0000000000010000",
        "100000, 817f00000000000186a0",
    })
    void aFrameHasTheShortestLength(int length, String header) {
        byte[] payload = new byte[length];
        Arrays.fill(payload, (byte) 'x');

        byte[] frame = Frames.of(Opcode.TEXT, payload, 0, length);

        int headerLength = frame.length - length;
        assertThat(HexFormat.of().formatHex(frame, 0, headerLength)).isEqualTo(header);
        assertThat(Arrays.copyOfRange(frame, headerLength, frame.length)).isEqualTo(payload);
    }

    @Test
    void aFrameTakesApart() {
        assertThat(HexFormat.of().formatHex(Frames.of(Opcode.PONG, "hello".getBytes(UTF_8), 1, 3)))
                .isEqualTo("8a02656c");
    }

    @Test
    void aCloseFrameHasCodeAndReason_atMost125Bytes() {
        assertThat(HexFormat.of().formatHex(Frames.close(1000, "bye"))).isEqualTo("880503e8627965");
        assertThat(HexFormat.of().formatHex(Frames.close(4409, ""))).isEqualTo("88021139");
        assertThat(Frames.close(1000, "r".repeat(123))).hasSize(127);
        byte[] cut = Frames.close(1000, "r".repeat(500));
        assertThat(cut).hasSize(127);
        assertThat(cut[1]).isEqualTo((byte) 125);
    }

    @Test
    void everySeqHasItsDigits() {
        EncodedBroadcast message = broadcast(1);
        LongStream.iterate(1, power -> power * 10)
                .limit(19)
                .flatMap(power -> LongStream.of(
                        power, power + 1, Math.max(1, power - 1), Math.max(1, Long.highestOneBit(power) - 1)))
                .forEach(seq -> {
                    byte[] frame = frame(message, seq);
                    assertThat(new String(frame, UTF_8)).contains("\"seq\":" + seq + ",");
                });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 9, 10, 11, 99, 100, 999_999_999L, 1_000_000_000L, 99_999_999_999L, Long.MAX_VALUE})
    void aBroadcastIsItsPartsWithSeq(long seq) {
        for (int length : new int[] {1, 40, 50, 65_400, 65_440, 65_450, 65_480, 65_536, 300_000}) {
            EncodedBroadcast message = broadcast(length);
            byte[] text =
                    (new String(message.prefix(), UTF_8) + seq + new String(message.suffix(), UTF_8)).getBytes(UTF_8);

            byte[] frame = frame(message, seq);

            assertThat(frame).isEqualTo(Frames.of(Opcode.TEXT, text, 0, text.length));
            assertThat(Frames.broadcastLength(message, seq)).isEqualTo(frame.length);
            ByteBuffer direct = ByteBuffer.allocateDirect(frame.length + 6).position(3);
            Frames.putBroadcast(direct, message, seq);
            assertThat(direct.position()).isEqualTo(3 + frame.length);
            byte[] put = new byte[frame.length];
            direct.get(3, put);
            assertThat(put).isEqualTo(frame);
        }
    }

    @Test
    void theRestOfABroadcast_isTheEndOfItsFrame_whereverItBegins() {
        try (MessageDeflater deflater = new MessageDeflater()) {
            EncodedBroadcast large = broadcast(70_000);
            for (EncodedBroadcast message :
                    new EncodedBroadcast[] {broadcast(1), broadcast(200), large, deflater.deflated(large)}) {
                byte[] frame = frame(message, 123);
                for (int offset = 0; offset < frame.length; offset += offset < 500 ? 1 : 997) {
                    for (int room : new int[] {0, 1, 20, 300, frame.length}) {
                        ByteBuffer out = ByteBuffer.allocateDirect(room);
                        Frames.putBroadcast(out, message, 123, offset);
                        byte[] put = new byte[out.position()];
                        out.get(0, put);
                        int end = Math.min(frame.length, offset + room);
                        assertThat(put).isEqualTo(Arrays.copyOfRange(frame, offset, end));
                    }
                }
            }
        }
    }

    @Test
    void everyLengthOfABroadcastAroundTheBorders_isRight() {
        for (int around : new int[] {126, 65_536}) {
            int rest = broadcast(0).length();
            for (int length = around - rest - 6; length <= around - rest + 3; length++) {
                EncodedBroadcast message = broadcast(length);
                for (long seq : new long[] {9, 10, 99, 100}) {
                    assertThat(frame(message, seq)).hasSize(Frames.broadcastLength(message, seq));
                }
            }
        }
    }
}
