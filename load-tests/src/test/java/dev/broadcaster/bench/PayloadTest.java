package dev.broadcaster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class PayloadTest {
    private final Payload payload = new Payload(150);

    @Test
    void payload_hasItsLength_andIsFoundWhereItStands() {
        byte[] frame = frame(123_456_789_000L, 4711);
        int at = payload.find(frame, 0, frame.length);

        assertThat(at).isEqualTo(6);
        assertThat(frame).hasSize(6 + 150 + 1);
        assertThat(Payload.dueNanos(frame, at)).isEqualTo(123_456_789_000L);
        assertThat(Payload.number(frame, at)).isEqualTo(4711);
    }

    @Test
    void everyChangedByte_isSeen_andEveryMissingOne() {
        byte[] frame = frame(1, 2);
        for (int at = 6; at < frame.length - 1; at++) {
            // Any digits are a time and a number; another check tells if the number was sent.
            if (frame[at] < '0' || frame[at] > '9' || at > 48) {
                byte[] changed = frame.clone();
                changed[at] ^= 1;
                assertThat(payload.find(changed, 0, changed.length))
                        .as("byte %d", at)
                        .isNegative();
            }
        }
        assertThat(payload.find(frame, 0, frame.length - 2)).isNegative();
    }

    private byte[] frame(long dueNanos, int number) {
        return ("{\"p\": " + new String(payload.of(dueNanos, number), StandardCharsets.US_ASCII) + "}")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
