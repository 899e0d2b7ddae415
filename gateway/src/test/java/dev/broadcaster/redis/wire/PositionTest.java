package dev.broadcaster.redis.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The size of the loss over a time without a subscription; a position is written "epoch offset" here, "-" for none. */
final class PositionTest {
    @ParameterizedTest
    @CsvSource({
        "a 5, a 5, 0",
        "a 5, a 8, 3",
        "-,   -,   0",
        "-,   a 3, 3",
        // A counter without a message counts as none.
        "-,   a 0, 0",
        "a 0, -,   0",
        "a 0, a 0, 0",
        "a 0, b 0, 0",
        "a 0, b 3, 3",
        "a 0, a 3, 3",
        // The counter has decreased, is gone, or is another one: at least one message may be lost.
        "a 5, a 3, 1",
        "a 5, -,   1",
        "a 5, b 1, 1",
        "a 5, b 4, 4",
        "a 5, b 0, 1",
    })
    void lost_isExact_whenRedisKeptItsCounters(String before, String now, long lost) {
        assertThat(position(before).lostUntil(position(now), true)).isEqualTo(lost);
    }

    @ParameterizedTest
    @CsvSource({"a 5, a 5, 1", "a 5, a 8, 3", "a 5, a 3, 1", "-, -, 1", "-, a 3, 3", "a 5, -, 1", "a 5, b 4, 4"})
    void lost_isAtLeastOne_whenRedisMayHaveLostItsCounters(String before, String now, long lost) {
        assertThat(position(before).lostUntil(position(now), false)).isEqualTo(lost);
    }

    @ParameterizedTest
    @CsvSource({"a 5, a 8, 3", "a 5, a 3, 0", "a 5, -, 0", "a 5, b 1, 1", "a 5, b 0, 0", "-, a 3, 3", "-, -, 0"})
    void accepted_isWhatTheCounterShows(String before, String now, long accepted) {
        assertThat(position(before).acceptedUntil(position(now))).isEqualTo(accepted);
    }

    @Test
    void parse_readsTheValueOfACounter() {
        assertThat(Position.parse("EPOCH 12".getBytes(US_ASCII))).isEqualTo(new Position("EPOCH", 12));
        assertThat(Position.parse("EPOCH 12 server".getBytes(US_ASCII))).isEqualTo(new Position("EPOCH", 12));
        assertThat(Position.parse("EPOCH 0 server".getBytes(US_ASCII))).isEqualTo(new Position("EPOCH", 0));
        assertThat(Position.parse(null)).isEqualTo(Position.NONE);
    }

    @Test
    void aCounterWithoutAMessage_isBehindTheFirstMessages_ofItsEpochAndOfAnother() {
        for (Position start : new Position[] {Position.NONE, position("a 0"), position("b 0")}) {
            assertThat(start.isStart()).isTrue();
            assertThat(start.isBehind(position("a 2"))).isTrue();
            assertThat(start.first("a")).isEqualTo(1);
        }
        assertThat(position("a 0").isBehind(position("b 0"))).isFalse();
        assertThat(position("a 1").isBehind(position("b 2"))).isFalse();
        assertThat(position("a 0").id()).isEqualTo("a-0");
        assertThat(Position.NONE.id()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "e", "e ", "e -1", " 5", "e 1x 2", "e x"})
    void parse_isEmpty_forOtherText(String text) {
        assertThat(Position.parse(text.getBytes(US_ASCII))).isEqualTo(Position.NONE);
    }

    private static Position position(String text) {
        return text.equals("-") ? Position.NONE : Position.parse(text.getBytes(US_ASCII));
    }
}
