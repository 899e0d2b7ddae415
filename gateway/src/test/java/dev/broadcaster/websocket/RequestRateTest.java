package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.protocol.CloseCode;
import org.junit.jupiter.api.Test;

final class RequestRateTest {
    private static final long SECOND = 1_000_000_000L;

    private final RequestRate rate = new RequestRate(10);
    private long now = Long.MAX_VALUE - 5 * SECOND; // nanoTime may overflow
    private long arrival = now;

    private void take(int requests) throws FrameException {
        for (int i = 0; i < requests; i++) {
            arrival = rate.take(arrival, now);
        }
    }

    private void assertOneMoreIsTooMany() {
        assertThatThrownBy(() -> take(1))
                .isInstanceOfSatisfying(
                        FrameException.class, e -> assertThat(e.code()).isEqualTo(CloseCode.RATE_LIMITED))
                .hasMessage("too many requests (expected: <= 10 a second)");
    }

    @Test
    void aBurst_isTwoSecondsOfTheRate() throws Exception {
        take(20);

        assertOneMoreIsTooMany();
    }

    @Test
    void anEvenRate_isAllowedForever_alsoAfterABurst() throws Exception {
        take(20);
        for (int i = 0; i < 1_000; i++) {
            now += SECOND / 10;
            take(1);
        }

        assertOneMoreIsTooMany();
    }

    @Test
    void silence_restoresTheRate() throws Exception {
        take(20);
        now += SECOND;
        take(10);

        assertOneMoreIsTooMany();
    }

    @Test
    void silence_restoresAtMostABurst() throws Exception {
        take(20);
        now += 3_600 * SECOND;
        take(20);

        assertOneMoreIsTooMany();
    }

    @Test
    void controlFramesAndPartsOfMessages_countATenthOfARequest() throws Exception {
        for (int i = 0; i < 20 * RequestRate.PARTS; i++) {
            arrival = rate.takePart(arrival, now);
        }

        assertThatThrownBy(() -> rate.takePart(arrival, now))
                .isInstanceOfSatisfying(
                        FrameException.class, e -> assertThat(e.code()).isEqualTo(CloseCode.RATE_LIMITED))
                .hasMessage("too many frames (expected: <= 100 a second)");
        now += SECOND;
        take(10);
    }

    @Test
    void zeroIsNoLimit() throws Exception {
        RequestRate none = new RequestRate(0);
        for (int i = 0; i < 1_000_000; i++) {
            arrival = none.takePart(none.take(arrival, now), now);
        }

        assertThat(arrival).isEqualTo(now);
    }
}
