package dev.broadcaster.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RepeatedLinesTest {
    private final RepeatedLines lines = new RepeatedLines();
    private long now = 17;

    private long line(String text) {
        return lines.onLine(text, now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void twoLinesThatAlternate_areWrittenOnceEach() {
        int written = 0;
        for (int second = 0; second < 40; second++) {
            written += line("refused: READONLY") == RepeatedLines.LEFT_OUT ? 0 : 1;
            written += line("this Redis accepts no writes") == RepeatedLines.LEFT_OUT ? 0 : 1;
            pass(Duration.ofSeconds(1));
        }

        assertThat(written).isEqualTo(2);
    }

    @Test
    void aLine_isWrittenAgainWithItsCount_whenItHasBeenAwayForAMinute() {
        assertThat(line("a")).isZero();
        pass(Duration.ofSeconds(59));
        assertThat(line("a")).isEqualTo(RepeatedLines.LEFT_OUT);
        pass(Duration.ofSeconds(59));
        assertThat(line("a")).isEqualTo(RepeatedLines.LEFT_OUT);
        pass(Duration.ofSeconds(61));

        assertThat(line("a")).isEqualTo(2);
        assertThat(line("a")).isEqualTo(RepeatedLines.LEFT_OUT);
    }

    @Test
    void aLineThatComesAllTheTime_isWrittenEveryTenMinutes() {
        int written = 0;
        for (int second = 0; second < 3600; second++) {
            written += line("a") == RepeatedLines.LEFT_OUT ? 0 : 1;
            pass(Duration.ofSeconds(1));
        }

        assertThat(written).isEqualTo(6);
    }

    @Test
    void aLineWithAnotherNumber_isAnotherLine() {
        assertThat(line("paused for 1980 ms")).isZero();
        assertThat(line("paused for 12010 ms")).isZero();
    }

    @Test
    void withoutCounts_numbersOfQueriesMakeNoOtherLine_addressesDo() {
        assertThat(RepeatedLines.withoutCounts("query '12345' via UDP timed out after 5000 ms (2 queries)"))
                .isEqualTo("query '#' via UDP timed out after # ms (# queries)");
        String resolved = "Unable to connect to [127.0.0.1/<unresolved>:17009]";
        assertThat(RepeatedLines.withoutCounts(resolved)).isEqualTo(resolved);
        String named = "Unable to connect to redis-1.example:6379";
        assertThat(RepeatedLines.withoutCounts(named)).isEqualTo(named);
    }

    @Test
    void manyDifferentLines_areForgotten_theLeastRecentFirst() {
        line("first");
        line("second");
        for (char c = 'a'; c < 'a' + 255; c++) {
            line("line " + c);
            line("second");
        }

        assertThat(line("first")).isZero();
        assertThat(line("second")).isEqualTo(RepeatedLines.LEFT_OUT);
    }
}
