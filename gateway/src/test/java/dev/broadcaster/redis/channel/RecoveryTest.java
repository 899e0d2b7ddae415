package dev.broadcaster.redis.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import org.junit.jupiter.api.Test;

final class RecoveryTest {
    private static final Position POSITION = new Position("E", 8);

    private static Recovery recovery(String lastSeen) {
        ReplayCallback callback = new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {}

            @Override
            public void onFailed(String reason) {}
        };
        return Recovery.of(1, new Replay(lastSeen, 0), callback, 0);
    }

    @Test
    void recovery_mayBeComplete_beforeAReading_unlessTheHistoryIsTooShort() {
        assertThat(recovery("E-5").mayBeComplete(POSITION, 3, Recovery.NOT_READ))
                .isTrue();
        assertThat(recovery("E-4").mayBeComplete(POSITION, 3, Recovery.NOT_READ))
                .isFalse();
        assertThat(recovery("F-1").mayBeComplete(POSITION, 3, Recovery.NOT_READ))
                .as("of a counter that this node does not know")
                .isTrue();
        assertThat(recovery(null).mayBeComplete(POSITION, 3, Recovery.NOT_READ)).isFalse();
    }

    @Test
    void recovery_mayBeComplete_afterAReading_ifTheReadingBeganTooLate() {
        assertThat(recovery("E-5").mayBeComplete(POSITION, 3, 7)).isTrue();
        assertThat(recovery("E-5").mayBeComplete(POSITION, 3, 6)).isFalse();
        assertThat(recovery("E-5").mayBeComplete(POSITION, 3, 5)).isFalse();
        assertThat(recovery("F-1").mayBeComplete(POSITION, 3, 7)).isFalse();
    }
}
