package dev.broadcaster.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MessagesTest {
    private final List<Long> acknowledged = new ArrayList<>();
    // Two subscribers of channel 0, one of channel 1.
    private final Messages messages = new Messages(Workload.custom(3, 2, 1, 0, 150), acknowledged::add);

    @Test
    void verify_isContent_whenAllCame() {
        deliver(messages.issue(7), 2);
        deliver(messages.issue(8), 1);

        messages.verify();

        assertThat(acknowledged).containsExactly(7L, 8L);
    }

    @Test
    void verify_fails_whenADeliveryIsMissing() {
        deliver(messages.issue(0), 1);

        assertThatIllegalStateException().isThrownBy(messages::verify).withMessageContaining("1 deliveries missing");
    }

    @Test
    void verify_fails_whenADeliveryCameTwice() {
        int number = messages.issue(0);
        deliver(number, 2);

        assertThat(messages.onDelivered(number)).isFalse();
        assertThatIllegalStateException().isThrownBy(messages::verify).withMessageContaining("too often");
    }

    @Test
    void verify_fails_whenAnUnsentMessageArrived() {
        messages.onDelivered(99);

        assertThatIllegalStateException().isThrownBy(messages::verify);
    }

    @Test
    void verify_fails_whenAPublishWasRefused() {
        int number = messages.issue(0);
        messages.onDelivered(number);
        messages.onDelivered(number);
        messages.onAcknowledged(number, false);

        assertThatIllegalStateException().isThrownBy(messages::verify).withMessageContaining("was refused");
    }

    @Test
    void inFlight_endsWithTheLastOfDeliveriesAndAcknowledgement() {
        int number = messages.issue(0);
        deliver(number, 1);

        assertThat(messages.inFlight()).isEqualTo(1);
        messages.onDelivered(number);
        assertThat(messages.inFlight()).isZero();
    }

    private void deliver(int number, int times) {
        messages.onAcknowledged(number, true);
        for (int i = 0; i < times; i++) {
            messages.onDelivered(number);
        }
    }
}
