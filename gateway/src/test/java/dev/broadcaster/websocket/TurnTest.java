package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TurnTest {
    private final Turn turn = new Turn();

    @Test
    void turn_isOver_after16SmallRequests() {
        turn.begin(0);
        for (int i = 0; i < 15; i++) {
            turn.onRequest(10);
            turn.onHandled(1_000);
        }
        assertThat(turn.isOver()).isFalse();

        turn.onRequest(10);
        assertThat(turn.isOver()).isTrue();
        assertThat(turn.isLong()).isFalse();
    }

    @Test
    void turn_isOver_whenItsRequestsTookItsTime() {
        turn.begin(5);
        turn.onRequest(10);
        turn.onHandled(5 + Turn.NANOS);
        assertThat(turn.isOver()).isFalse();

        turn.onHandled(6 + Turn.NANOS);
        assertThat(turn.isOver()).isTrue();
        assertThat(turn.isLong()).isFalse();
    }

    @Test
    void turn_isLong_whenOneRequestTookSeveralTurns_untilTheNextBegins() {
        turn.begin(Long.MAX_VALUE);
        turn.onRequest(10);
        turn.onHandled(Long.MAX_VALUE + Turn.LONG_NANOS + 1);
        assertThat(turn.isOver()).isTrue();
        assertThat(turn.isLong()).isTrue();

        turn.begin(0);
        assertThat(turn.isOver()).isFalse();
        assertThat(turn.isLong()).isFalse();
    }
}
