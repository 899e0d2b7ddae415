package dev.broadcaster.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class OptionsTest {
    @Test
    void withoutArguments_everythingIsMeasured() {
        Options options = Options.parse(new String[0]);

        assertThat(options.workloads()).isEqualTo(Workload.ALL);
        assertThat(options.idle()).isTrue();
        assertThat(options.compression()).isFalse();
    }

    @Test
    void named_isMeasuredAlone() {
        Options options = Options.parse(new String[] {"--rounds", "2", "--seconds", "1.5", "max", "10,5,2,100,300"});

        assertThat(options.rounds()).isEqualTo(2);
        assertThat(options.window()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.idle()).isFalse();
        assertThat(options.workloads()).hasSize(2);
        assertThat(options.workloads().get(1).channelOf(3, 1)).isEqualTo(2);
    }

    @Test
    void compression_isAFlag() {
        assertThat(Options.parse(new String[] {"max", "--compression"}).compression())
                .isTrue();
    }

    @Test
    void unknownName_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Options.parse(new String[] {"fast"}))
                .withMessage("fast: unknown");
    }
}
