package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.websocket.Deadlines.Due;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DeadlinesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - 30 * SECOND; // nanoTime may overflow
    private static final long EPOCH = 1_800_000_000_000L;

    private WebSocketConfig config = config(Duration.ofSeconds(60));
    private final Deadlines deadlines = new Deadlines(START);
    private long seconds;

    private static WebSocketConfig config(Duration idle) {
        return config(Duration.ofSeconds(25), idle);
    }

    private static WebSocketConfig config(Duration interval, Duration idle) {
        return new WebSocketConfig(0, 0, 0, 0, 0, Duration.ofSeconds(10), interval, idle, false);
    }

    private long nanos() {
        return START + seconds * SECOND;
    }

    private long millis() {
        return EPOCH + seconds * 1000;
    }

    /** Behaves like a connection: checks when the timer fires, until something other than a ping is due. */
    private Due live(long untilSeconds) {
        while (true) {
            long delay = deadlines.delayNanos(config, nanos(), millis());
            assertThat(delay).as("a timer without end").isPositive();
            long next = seconds + (delay + SECOND - 1) / SECOND;
            if (next > untilSeconds) {
                seconds = untilSeconds;
                return Due.NOTHING;
            }
            seconds = next;
            Due due = deadlines.due(config, nanos(), millis());
            if (due == Due.PING) {
                pings++;
            } else if (due != Due.NOTHING) {
                return due;
            }
        }
    }

    private int pings;

    private void authenticate(long lifetimeSeconds) {
        deadlines.onIdentity(EPOCH + lifetimeSeconds * 1000);
    }

    private void receive() {
        deadlines.onReceived(nanos());
    }

    @Test
    void authenticationIsDue_afterTheTimeout_whateverElseWasReceived() {
        assertThat(live(9)).isEqualTo(Due.NOTHING);
        receive();

        assertThat(live(100)).isEqualTo(Due.AUTHENTICATION);
        assertThat(seconds).isEqualTo(10);
    }

    @Test
    void aSilentClientIsPinged_andClosed_whenItDoesNotAnswer() {
        authenticate(10_000);

        assertThat(live(1_000)).isEqualTo(Due.PONG);
        assertThat(seconds).isEqualTo(35);
        assertThat(pings).isEqualTo(1);
    }

    @Test
    void aSilentClientThatAnswers_stays() {
        authenticate(100_000);
        for (int i = 1; i <= 20; i++) {
            assertThat(live(seconds + 25)).isEqualTo(Due.NOTHING);
            receive(); // the pong
        }

        assertThat(pings).isEqualTo(20);
    }

    @Test
    void aBusyClientIsNotPinged() {
        authenticate(100_000);
        for (int i = 0; i < 100; i++) {
            assertThat(live(seconds + 20)).isEqualTo(Due.NOTHING);
            receive();
        }

        assertThat(pings).isZero();
    }

    @Test
    void busyClientThatWantsKeepalive_isPingedEveryInterval() {
        authenticate(100_000);
        deadlines.keepAlive(nanos());
        for (int i = 1; i <= 100; i++) {
            assertThat(live(seconds + 5)).isEqualTo(Due.NOTHING);
            receive();
            assertThat(pings).isEqualTo((int) (seconds / 25));
        }
    }

    @Test
    void clientThatWantsKeepalive_isPingedEveryInterval_whenItsPongsAreLate() {
        config = config(Duration.ofSeconds(2), Duration.ofSeconds(30));
        authenticate(100_000);
        deadlines.keepAlive(nanos());
        for (int i = 1; i <= 100; i++) {
            assertThat(live(seconds + 5)).isEqualTo(Due.NOTHING);
            receive();
            assertThat(pings).isEqualTo((int) (seconds / 2));
        }
        assertThat(live(1_000)).isEqualTo(Due.PONG);
        assertThat(seconds).isEqualTo(500 + 2 + 10);
    }

    @Test
    void silentClientThatWantsKeepalive_isPingedEveryInterval_andClosedWhenItDoesNotAnswer() {
        authenticate(10_000);
        deadlines.keepAlive(nanos());
        assertThat(live(25)).isEqualTo(Due.NOTHING);
        receive(); // the pong
        assertThat(live(1_000)).isEqualTo(Due.PONG);
        assertThat(seconds).isEqualTo(60);
        assertThat(pings).isEqualTo(2);
    }

    @Test
    void theClientIsIdle_whenTheTimeoutEndsBeforeThePong() {
        config = config(Duration.ofSeconds(30));
        authenticate(10_000);

        assertThat(live(1_000)).isEqualTo(Due.IDLE);
        assertThat(seconds).isEqualTo(30);
    }

    @Test
    void withoutAnIdleTimeoutThePongIsStillDue() {
        config = config(Duration.ZERO);
        authenticate(10_000);

        assertThat(live(1_000)).isEqualTo(Due.PONG);
        assertThat(seconds).isEqualTo(35);
    }

    @Test
    void expiryIsDue_atItsSecond_andRefreshMovesIt() {
        authenticate(40);
        assertThat(live(20)).isEqualTo(Due.NOTHING);
        receive();
        assertThat(deadlines.isExpired(EPOCH + 39_999)).isFalse();
        assertThat(deadlines.isExpired(EPOCH + 40_000)).isTrue();
        authenticate(44);

        assertThat(live(1_000)).isEqualTo(Due.EXPIRY);
        assertThat(seconds).isEqualTo(44);
    }

    @Test
    void theWallClockIsReadEveryHour_becauseItMayJump() {
        config = new WebSocketConfig(0, 0, 0, 0, 0, Duration.ofSeconds(10), Duration.ofDays(1), Duration.ZERO, false);
        authenticate(1_000_000);

        assertThat(deadlines.delayNanos(config, nanos(), millis())).isEqualTo(3_600 * SECOND);
    }

    @Test
    void anEndlessToken_doesNotOverflow() {
        deadlines.onIdentity(Long.MAX_VALUE);

        assertThat(deadlines.delayNanos(config, nanos(), millis())).isEqualTo(25 * SECOND);
    }

    @Test
    void aPauseOfTheNode_isNotSilenceOfTheClient() {
        authenticate(10_000);
        deadlines.delayNanos(config, nanos(), millis());
        seconds = 25 + 70; // the node was paused; the client's input is still in the kernel

        assertThat(deadlines.due(config, nanos(), millis())).isEqualTo(Due.NOTHING);
        assertThat(live(1_000)).isEqualTo(Due.PONG);
        assertThat(seconds).isEqualTo(95 + 35);
    }

    @Test
    void aPauseOfTheNode_extendsTheTimeForAPong() {
        authenticate(10_000);
        assertThat(live(26)).isEqualTo(Due.NOTHING);
        assertThat(pings).isEqualTo(1);
        deadlines.delayNanos(config, nanos(), millis());
        seconds = 45;

        assertThat(deadlines.due(config, nanos(), millis())).isEqualTo(Due.NOTHING);
    }
}
