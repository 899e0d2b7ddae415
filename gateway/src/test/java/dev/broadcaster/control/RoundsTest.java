package dev.broadcaster.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RoundsTest {
    private static final long MILLI = 1_000_000;

    private final FakeTime time = new FakeTime();
    private final FakeControl executor = new FakeControl(time);
    private final List<List<String>> passes = new ArrayList<>();
    private final List<Runnable> ends = new ArrayList<>();
    private final Rounds<String> rounds = new Rounds<>(executor, time, 9, (questions, end) -> {
        passes.add(questions);
        ends.add(end);
    });

    private void offer(String... questions) {
        List.of(questions).forEach(rounds::offer);
        executor.runAll();
    }

    private void endAfter(long nanos) {
        time.advanceNanos(nanos);
        ends.remove(0).run();
        executor.runAll();
    }

    @Test
    void firstQuestion_isPassedOnAtOnce() {
        offer("a");

        assertThat(passes).containsExactly(List.of("a"));
    }

    @Test
    void questionsThatCome_duringAPassAndTheRest_shareTheNextPass() {
        offer("a");
        offer("b", "c");
        endAfter(2 * MILLI);
        offer("d");
        assertThat(passes).hasSize(1);

        assertThat(executor.runLater()).isEqualTo(18 * MILLI);

        assertThat(passes).containsExactly(List.of("a"), List.of("b", "c", "d"));
    }

    @Test
    void rest_isBounded() {
        offer("a");
        endAfter(500 * MILLI);

        assertThat(executor.runLater()).isEqualTo(100 * MILLI);
    }

    @Test
    void pass_takesABoundedNumberOfQuestions() {
        offer("a");
        List<String> many = IntStream.range(0, Rounds.MAX_QUESTIONS + 1)
                .mapToObj(i -> "q" + i)
                .toList();
        offer(many.toArray(String[]::new));
        endAfter(MILLI);
        executor.runLater();
        endAfter(MILLI);
        executor.runLater();

        assertThat(passes)
                .containsExactly(
                        List.of("a"), many.subList(0, Rounds.MAX_QUESTIONS), List.of("q" + Rounds.MAX_QUESTIONS));
    }

    @Test
    void question_isDropped_whenItHasWaitedForLongerThanAnybodyWaitsForItsAnswer() {
        offer("a");
        offer("b");
        time.advanceNanos(Fleet.PATIENCE_NANOS - MILLI);
        offer("c");
        endAfter(2 * MILLI);
        executor.runLater();

        assertThat(passes).containsExactly(List.of("a"), List.of("c"));
    }

    @Test
    void passThatNeverEnds_isGivenUp_andItsLateEndChangesNothing() {
        offer("a");
        time.advanceNanos(Fleet.PATIENCE_NANOS + 1);
        offer("b");
        assertThat(passes).containsExactly(List.of("a"), List.of("b"));

        endAfter(0); // of the first
        offer("c");

        assertThat(executor.runLater()).isEqualTo(-1);
        assertThat(passes).hasSize(2);
    }
}
