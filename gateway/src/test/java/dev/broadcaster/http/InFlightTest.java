package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class InFlightTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final FakeTime time = new FakeTime();
    private final TimingWheel wheel = new TimingWheel(time);
    private final InFlight inFlight = new InFlight(wheel, time);

    @Test
    void drain_endsAtOnce_withoutPublishers() {
        assertThat(inFlight.drain(LONG)).isCompleted();
    }

    @Test
    void drain_waitsForAPublishInFlight_forAnyTime() {
        inFlight.begin();
        CompletableFuture<Void> drain = inFlight.drain(Duration.ofSeconds(1));
        advance(Duration.ofSeconds(8));
        assertThat(drain).isNotDone();

        inFlight.end();
        advance(Duration.ofMillis(100));

        assertThat(drain).isCompleted();
    }

    @Test
    void drain_ends_whenNothingHasArrivedForASecond() {
        publish();
        CompletableFuture<Void> drain = inFlight.drain(LONG);
        for (int i = 0; i < 5; i++) {
            advance(Duration.ofMillis(900));
            assertThat(drain).isNotDone();
            publish();
        }

        advance(Duration.ofMillis(1_100));

        assertThat(drain).isCompleted();
    }

    @Test
    void drain_doesNotWaitForever_forPublishersThatContinue() {
        publish();
        CompletableFuture<Void> drain = inFlight.drain(Duration.ofSeconds(3));
        for (int i = 0; i < 28; i++) {
            advance(Duration.ofMillis(100));
            publish();
        }
        assertThat(drain).isNotDone();

        advance(Duration.ofMillis(300));

        assertThat(drain).isCompleted();
    }

    private void publish() {
        inFlight.begin();
        inFlight.end();
    }

    private void advance(Duration duration) {
        for (Duration left = duration; !left.isZero(); left = left.minusMillis(50)) {
            time.advance(Duration.ofMillis(50));
            wheel.advance();
        }
    }
}
