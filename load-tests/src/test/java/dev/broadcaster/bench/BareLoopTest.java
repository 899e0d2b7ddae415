package dev.broadcaster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The client against the loop, over real sockets: every delivery is right, or {@code measure} throws. */
final class BareLoopTest {
    private static final Options SHORT =
            new Options(1, Duration.ofMillis(100), Duration.ofMillis(300), List.of(), false, false);

    @Test
    void everyDelivery_isRight_asFastAsPossible() throws Exception {
        assertThat(measure(Workload.custom(20, 1, 1, 0, 150)).perSecond()).isPositive();
    }

    @Test
    void everyDelivery_isRight_withManySubscriptions() throws Exception {
        assertThat(measure(Workload.custom(20, 40, 10, 500, 4096)).perSecond()).isPositive();
    }

    @Test
    void everyPublish_isAcknowledged_overWebSockets() throws Exception {
        Workload workload = Workload.ALL.get(Workload.ALL.size() - 1);

        assertThat(workload.webSocket()).isTrue();
        assertThat(measure(workload).perSecond()).isPositive();
    }

    private static Sample measure(Workload workload) throws Exception {
        Sample sample = Contender.bareLoop().measure(workload, SHORT);
        assertThat(sample).isNotNull();
        return sample;
    }
}
