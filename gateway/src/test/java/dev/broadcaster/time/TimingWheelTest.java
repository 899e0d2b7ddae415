package dev.broadcaster.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TimingWheelTest {
    private static final long TICK = TimingWheel.TICK_NANOS;
    private static final long TURN = 1024 * TICK;

    private final FakeTime time = new FakeTime();
    private final TimingWheel wheel = new TimingWheel(time);

    private static final class Counting extends TimingWheel.Timer {
        final AtomicInteger fired = new AtomicInteger();

        @Override
        protected void onExpired() {
            fired.incrementAndGet();
        }
    }

    /** Advances the clock, and the wheel at every tick. */
    private void pass(long nanos) {
        for (long left = nanos; left > 0; ) {
            long step = Math.min(left, TICK);
            time.advanceNanos(step);
            wheel.advance();
            left -= step;
        }
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                1,
                TICK - 1,
                TICK,
                TICK + 1,
                7 * TICK,
                TURN - TICK,
                TURN - 1,
                TURN,
                TURN + 1,
                TURN + TICK,
                3 * TURN + 5 * TICK + 17
            })
    void timer_firesNeverEarly_atMostATickLate(long delay) {
        for (long offset : new long[] {0, 1, TICK / 2, TICK - 1}) {
            time.advanceNanos(offset);
            wheel.advance();
            Counting timer = new Counting();
            wheel.schedule(timer, delay);

            if (delay > 0) {
                pass(delay - 1);
                assertThat(timer.fired)
                        .as("a nanosecond early, offset %d", offset)
                        .hasValue(0);
                pass(1 + TICK);
            } else {
                pass(TICK);
            }
            assertThat(timer.fired).as("a tick late, offset %d", offset).hasValue(1);

            pass(2 * TURN);
            assertThat(timer.fired).as("only once").hasValue(1);
        }
    }

    @Test
    void timer_firesAtTheNextTick_whenTheDeadlineIsInThePast() {
        Counting timer = new Counting();
        wheel.schedule(timer, Long.MIN_VALUE);

        wheel.advance();
        assertThat(timer.fired).hasValue(0);
        pass(TICK);
        assertThat(timer.fired).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE - TICK, Long.MAX_VALUE / 2})
    void timer_neverFires_whenTheDelayIsPracticallyEndless(long delay) {
        Counting timer = new Counting();
        pass(3 * TICK);
        wheel.schedule(timer, delay);

        pass(2 * TURN);
        time.advance(Duration.ofDays(365));
        wheel.advance();

        assertThat(timer.fired).hasValue(0);
    }

    @Test
    void timer_doesNotFire_whenCancelled() {
        Counting cancelled = new Counting();
        Counting neighbour = new Counting();
        wheel.schedule(cancelled, 3 * TICK);
        wheel.schedule(neighbour, 3 * TICK);
        wheel.cancel(cancelled);
        wheel.cancel(cancelled);

        pass(5 * TICK);

        assertThat(cancelled.fired).hasValue(0);
        assertThat(neighbour.fired).hasValue(1);
    }

    @Test
    void cancel_doesNothing_whenNothingIsScheduled() {
        Counting timer = new Counting();
        wheel.cancel(timer);
        wheel.schedule(timer, 0);
        pass(TICK);
        wheel.cancel(timer);

        assertThat(timer.fired).hasValue(1);
    }

    @Test
    void schedule_replacesTheEarlierDeadline_withASoonerOrLaterOne() {
        Counting later = new Counting();
        Counting sooner = new Counting();
        wheel.schedule(later, 2 * TICK);
        wheel.schedule(later, 10 * TICK);
        wheel.schedule(sooner, TURN + 2 * TICK);
        wheel.schedule(sooner, 2 * TICK);

        pass(3 * TICK);
        assertThat(later.fired).hasValue(0);
        assertThat(sooner.fired).hasValue(1);
        pass(2 * TURN);
        assertThat(later.fired).hasValue(1);
        assertThat(sooner.fired).hasValue(1);
    }

    @Test
    void everyTimerFiresOnce_afterAPauseOfManyTicks() {
        List<Counting> due = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            Counting timer = new Counting();
            wheel.schedule(timer, i * TICK);
            due.add(timer);
        }
        Counting notDue = new Counting();
        wheel.schedule(notDue, 3005 * TICK);

        time.advanceNanos(3001 * TICK);
        wheel.advance();

        assertThat(due).allSatisfy(timer -> assertThat(timer.fired).hasValue(1));
        assertThat(notDue.fired).hasValue(0);
        pass(5 * TICK);
        assertThat(notDue.fired).hasValue(1);
    }

    @Test
    void timer_firesAgain_whenItSchedulesItself() {
        AtomicInteger fired = new AtomicInteger();
        TimingWheel.Timer timer = new TimingWheel.Timer() {
            @Override
            protected void onExpired() {
                fired.incrementAndGet();
                wheel.schedule(this, 2 * TICK);
            }
        };
        wheel.schedule(timer, 2 * TICK);

        pass(20 * TICK);

        assertThat(fired).hasValue(10);
    }

    @Test
    void timer_doesNotFireWithoutEnd_whenItSchedulesItselfForNow() {
        AtomicInteger fired = new AtomicInteger();
        TimingWheel.Timer timer = new TimingWheel.Timer() {
            @Override
            protected void onExpired() {
                fired.incrementAndGet();
                wheel.schedule(this, 0);
            }
        };
        wheel.schedule(timer, 0);

        time.advanceNanos(10 * TICK);
        wheel.advance();
        assertThat(fired).hasValue(1);
        pass(TICK);
        assertThat(fired).hasValue(2);
    }

    @Test
    void otherTimersFire_whenOneThrows() {
        Counting before = new Counting();
        Counting after = new Counting();
        wheel.schedule(before, TICK);
        wheel.schedule(
                new TimingWheel.Timer() {
                    @Override
                    protected void onExpired() {
                        throw new IllegalStateException("on purpose");
                    }
                },
                TICK);
        wheel.schedule(after, TICK);

        pass(2 * TICK);

        assertThat(before.fired).hasValue(1);
        assertThat(after.fired).hasValue(1);
    }

    @Test
    void timersFireOnTime_whateverIsScheduledAndCancelled() {
        SplittableRandom random = new SplittableRandom(42);
        List<Deadline> timers = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            timers.add(new Deadline());
        }
        for (int step = 0; step < 4_000; step++) {
            Deadline timer = timers.get(random.nextInt(timers.size()));
            if (random.nextInt(4) == 0) {
                wheel.cancel(timer);
                timer.due = 0;
            } else {
                long delay = random.nextLong(3 * TURN);
                wheel.schedule(timer, delay);
                timer.due = time.nanos() + delay;
            }
            time.advanceNanos(random.nextLong(TICK));
            wheel.advance();
            timers.forEach(Deadline::checkNotMissed);
        }
        pass(4 * TURN);
        assertThat(timers).allSatisfy(timer -> assertThat(timer.due).isZero());
    }

    private final class Deadline extends TimingWheel.Timer {
        long due; // 0 = none

        @Override
        protected void onExpired() {
            assertThat(due).isNotZero();
            assertThat(time.nanos() - due).isNotNegative();
            due = 0;
        }

        void checkNotMissed() {
            if (due != 0 && time.nanos() - due > TICK) {
                throw new AssertionError("late by " + (time.nanos() - due));
            }
        }
    }

    @Test
    void start_turnsTheWheel_untilClose() {
        Counting timer = new Counting();
        try (TimingWheel running = new TimingWheel(Time.SYSTEM)) {
            running.start();
            long started = System.nanoTime();
            running.schedule(timer, 3 * TICK);
            await().until(() -> timer.fired.get() == 1);
            assertThat(System.nanoTime() - started).isGreaterThanOrEqualTo(3 * TICK);
        }
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("broadcaster-timer")));
    }
}
