package dev.broadcaster.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TimestampsTest {
    private static final long END_OF_9999 =
            Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
    private static final DateTimeFormatter FORMAT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final Timestamps timestamps = new Timestamps();

    @ParameterizedTest
    @CsvSource({
        "0, 1970-01-01T00:00:00.000Z",
        "1, 1970-01-01T00:00:00.001Z",
        "999, 1970-01-01T00:00:00.999Z",
        "1000, 1970-01-01T00:00:01.000Z",
        "951782400000, 2000-02-29T00:00:00.000Z",
        "1769903999123, 2026-01-31T23:59:59.123Z",
        "253402300799999, 9999-12-31T23:59:59.999Z",
    })
    void format_isRfc3339(long epochMillis, String text) {
        assertThat(timestamps.format(epochMillis)).isEqualTo(text);
    }

    @Test
    void format_isWhatJavaTimeMakes() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 4_000; i++) {
            long start = random.nextLong(END_OF_9999 - 3_000);
            for (long millis : new long[] {start, start + 1, start + 999, start + 1_000, start}) {
                assertThat(timestamps.format(millis)).isEqualTo(FORMAT.format(Instant.ofEpochMilli(millis)));
            }
        }
    }
}
