package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuditTest {
    private final FakeTime time = new FakeTime();
    private final Audit audit = new Audit(AuditLevel.REFUSED, new ClientAddresses(List.of()), time);

    private int written(int refusals) {
        int written = 0;
        for (int i = 0; i < refusals; i++) {
            written += audit.take() >= 0 ? 1 : 0;
        }
        return written;
    }

    @Test
    void refusals_writeABurst_andThenTenLinesPerSecond() {
        assertThat(written(1_000)).isEqualTo(Audit.BURST);

        time.advance(Duration.ofSeconds(3));
        assertThat(written(1_000)).isEqualTo(3 * Audit.PER_SECOND);
        time.advance(Duration.ofHours(1));
        assertThat(written(1_000)).isEqualTo(Audit.BURST);
    }

    @Test
    void nextLine_saysHowManyWereLeftOut() {
        assertThat(written(Audit.BURST + 7)).isEqualTo(Audit.BURST);

        time.advance(Duration.ofSeconds(1));

        assertThat(audit.take()).isEqualTo(7);
        assertThat(audit.take()).isZero();
    }
}
