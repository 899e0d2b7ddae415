package dev.broadcaster.redis.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The history of a page for a server that reads after a position. */
final class HistoryPageTest {
    private static final byte[] TAIL = Envelope.tail("id", "t", true, "\"e\"".getBytes(US_ASCII), new byte[] {'1'});

    private static HistoryPage page(String counter, long... offsets) {
        List<Object> reply = new ArrayList<>(List.of(value(counter)));
        for (long offset : offsets) {
            reply.add(value(Long.toString(offset)));
            reply.add(value("1000"));
            reply.add(TAIL);
        }
        return HistoryPage.parse(reply, 0);
    }

    private static byte[] value(String text) {
        return text.getBytes(US_ASCII);
    }

    /** The offsets after a position; null if the reading is refused. */
    private static List<Long> after(HistoryPage page, HistoryId after, int limit) {
        if (!(page.outcome("a", after, limit) instanceof HistoryOutcome.Page found)) {
            return null;
        }
        return found.messages().stream()
                .map(Message::id)
                .map(id -> HistoryId.parse(id).offset())
                .toList();
    }

    /** Any counter, any history without a gap at its end, any position, any limit. */
    @Test
    void outcome_isComplete_exactlyWhenNothingAfterThePositionIsMissing() {
        SplittableRandom random = new SplittableRandom();
        for (int i = 0; i < 50_000; i++) {
            long counter = random.nextInt(10);
            long oldest = counter - random.nextInt((int) counter + 1) + 1; // counter + 1: nothing is kept
            long offset = random.nextInt(12);
            int limit = 1 + random.nextInt(4);
            long[] read = LongStream.rangeClosed(Math.max(oldest, offset + 1), counter)
                    .limit(limit + 1)
                    .toArray();
            HistoryPage page = page("E " + counter + " s", read);

            List<Long> expected = offset > counter || offset + 1 < oldest
                    ? null
                    : LongStream.rangeClosed(offset + 1, counter)
                            .limit(limit)
                            .boxed()
                            .toList();
            assertThat(after(page, new HistoryId("E", offset), limit))
                    .as("after %s of %s, kept from %s, at most %s", offset, counter, oldest, limit)
                    .isEqualTo(expected);
            assertThat(after(page, new HistoryId("F", offset), limit)).isNull();
            if (expected != null) {
                boolean more = ((HistoryOutcome.Page) page.outcome("a", new HistoryId("E", offset), limit)).more();
                assertThat(more).isEqualTo(offset + limit < counter);
            }
        }
    }

    @Test
    void outcome_isRefused_whenAMessageInBetweenIsMissing() {
        assertThat(after(page("E 8 s", 6, 8), new HistoryId("E", 5), 10)).isNull();
        assertThat(after(page("E 8 s", 6, 7), new HistoryId("E", 5), 10)).containsExactly(6L, 7L);
        assertThat(after(page("E 8 s"), new HistoryId("E", 7), 10)).isNull();
    }

    @Test
    void parse_dropsMessagesAfterTheCounter_ofAnEarlierEpoch() {
        HistoryPage page = page("F 0 s", 6, 7, 8);

        assertThat(page.counter()).isEqualTo(new Position("F", 0));
        assertThat(page.entries()).isEmpty();
        assertThat(page.next()).isZero();
        assertThat(after(page, new HistoryId("F", 0), 10)).isEmpty();
        assertThat(after(page, null, 10)).isEmpty();
    }
}
