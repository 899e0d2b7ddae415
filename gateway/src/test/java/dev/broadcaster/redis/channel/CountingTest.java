package dev.broadcaster.redis.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The messages of a channel that were pushed before its counter was known. */
final class CountingTest {
    private final State.Counting counting = new State.Counting(new State.Asked(new FakeSource(), null, 0));

    private static Envelope envelope(String epoch, long offset) {
        return new Envelope(epoch, offset, epoch + offset, "now", false, new byte[] {'"', '"'}, new byte[] {'1'});
    }

    private void come(String epoch, long... offsets) {
        for (long offset : offsets) {
            counting.early.add(envelope(epoch, offset));
        }
    }

    private List<Long> takeLeadingTo(String epoch, long offset, long known) {
        return counting.takeLeadingTo(new Position(epoch, offset), known).stream()
                .map(Envelope::offset)
                .toList();
    }

    @Test
    void messagesUpToTheCounter_areTaken_inOrder() {
        come("e", 4, 5, 6);

        assertThat(takeLeadingTo("e", 6, 0)).containsExactly(4L, 5L, 6L);
        assertThat(counting.early).isEmpty();
    }

    @Test
    void knownMessages_andMessagesBeforeAHole_stay() {
        come("e", 2, 4, 5, 6);
        assertThat(takeLeadingTo("e", 6, 4)).containsExactly(5L, 6L);
        assertThat(counting.early).hasSize(2);
    }

    @Test
    void messagesBeforeAHole_stay() {
        come("e", 2, 4, 5);
        assertThat(takeLeadingTo("e", 5, 0)).containsExactly(4L, 5L);
        assertThat(counting.early).hasSize(1);
    }

    @Test
    void messagesOfAnotherServerInBetween_stay_andDelayNothing() {
        come("old", 9);
        come("e", 4, 5);
        come("old", 10);
        come("e", 6, 5);

        assertThat(takeLeadingTo("e", 6, 0)).containsExactly(4L, 5L, 6L);
        assertThat(counting.early).hasSize(3);
    }

    @Test
    void usedOffsets_areThoseNotBetweenTheLastMessageAndTheCounter() {
        come("e", 3, 4, 5, 7);
        come("f", 6);

        assertThat(counting.countUsed(new Position("e", 4), new Position("e", 6)))
                .isEqualTo(4);
        assertThat(counting.countUsed(new Position("e", 4), new Position("f", 6)))
                .isEqualTo(5);
        assertThat(counting.countUsed(new Position("e", 8), new Position("e", 6)))
                .isEqualTo(5);
    }

    @Test
    void nothingIsTaken_whenTheLastMessageIsNotTheCounters() {
        come("e", 4, 5);

        assertThat(takeLeadingTo("e", 6, 0)).isEmpty();
        assertThat(takeLeadingTo("other", 5, 0)).isEmpty();
        assertThat(counting.takeLeadingTo(Position.NONE, 0)).isEmpty();
        assertThat(counting.early).hasSize(2);
    }

    @Test
    void offsetsUpToTheLastOne_wereUsed_andThoseAfterTheCounterToo() {
        come("e", 4, 5, 6, 7);
        come("f", 6);

        assertThat(counting.countUsed(new Position("e", 5), new Position("e", 6)))
                .as("4, 5, 7 and the one of another epoch")
                .isEqualTo(4);
    }
}
