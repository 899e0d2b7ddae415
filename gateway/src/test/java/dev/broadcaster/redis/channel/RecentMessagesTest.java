package dev.broadcaster.redis.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Position;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The recent messages that answer recoveries, and their memory. */
final class RecentMessagesTest {
    private static final long EXPIRES = 100;

    private long held;

    private RecentMessages readFrom(long first, boolean whole) {
        return new RecentMessages("E", first, whole, bytes -> held += bytes);
    }

    private static void add(RecentMessages recent, long... offsets) {
        for (long offset : offsets) {
            recent.add(new Message("E-" + offset, "t", "a", new byte[0], new byte[10]), offset, EXPIRES);
        }
    }

    private static long ofOneMessage() {
        RecentMessages recent = new RecentMessages("E", 1, true, bytes -> {});
        add(recent, 1);
        assertThat(recent.bytes()).isGreaterThan(100);
        return recent.bytes();
    }

    private static @Nullable List<String> ids(@Nullable List<Message> messages) {
        return messages == null ? null : messages.stream().map(Message::id).toList();
    }

    @Test
    void newest_hasTheSameMessages_afterOtherAnswers_andChanges() {
        RecentMessages recent = readFrom(1, true);
        add(recent, 1, 2, 3);
        for (int limit : new int[] {1, 3, 2, 0}) {
            assertThat(ids(recent.newest(limit, 10, 0)))
                    .containsExactlyElementsOf(List.of("E-1", "E-2", "E-3").subList(3 - limit, 3));
        }
        recent.add(new Message("E-4", "t", "a", new byte[0], new byte[10]), 4, EXPIRES + 10);

        assertThat(ids(recent.newest(2, 10, 0))).containsExactly("E-3", "E-4");
        assertThat(ids(recent.newest(2, 10, EXPIRES + 1))).containsExactly("E-4");
        add(recent, 7);
        assertThat(ids(recent.newest(1, 10, 0))).containsExactly("E-7");
    }

    /** Redis answers thousands of waiting clients together: copying the messages for each takes minutes. */
    @Test
    @Timeout(20)
    void newest_copiesNoMessage_forClientsThatGetTheSameEnd() {
        RecentMessages recent = readFrom(1, true);
        add(recent, LongStream.rangeClosed(1, 1_000).toArray());
        boolean same = true;
        for (int i = 0; i < 10_000_000; i++) {
            List<Message> newest = recent.newest(1_000 - i % 2, 1_000, 0);
            same &= newest != null && newest.size() == 1_000 - i % 2;
        }
        assertThat(same).isTrue();
    }

    @Test
    void after_hasEverythingLater_untilItExpires() {
        RecentMessages recent = readFrom(6, true);
        add(recent, 6, 7, 8);

        assertThat(ids(recent.after(new HistoryId("E", 6), 10, EXPIRES))).containsExactly("E-7", "E-8");
        assertThat(ids(recent.after(new HistoryId("E", 8), 10, EXPIRES))).isEmpty();
        assertThat(recent.after(new HistoryId("E", 4), 10, 0))
                .as("5 was not read")
                .isNull();
        assertThat(recent.after(new HistoryId("E", 9), 10, 0))
                .as("later than the last")
                .isNull();
        assertThat(recent.after(new HistoryId("F", 6), 10, 0))
                .as("another epoch")
                .isNull();
        assertThat(recent.after(new HistoryId("E", 6), 1, 0))
                .as("the history keeps 1")
                .isNull();
        assertThat(recent.after(new HistoryId("E", 6), 10, EXPIRES + 1))
                .as("expired")
                .isNull();
    }

    @Test
    void after_isUnknown_whenTheHistoryMayLackMessages() {
        RecentMessages recent = readFrom(6, false);
        add(recent, 6, 7);

        assertThat(recent.after(new HistoryId("E", 6), 10, 0)).isNull();
    }

    @Test
    void newest_isUnknown_onlyIfSomeOfThemWereNotRead() {
        RecentMessages recent = readFrom(6, true);
        add(recent, 6, 7, 8);

        assertThat(ids(recent.newest(2, 10, 0))).containsExactly("E-7", "E-8");
        assertThat(ids(recent.newest(3, 10, EXPIRES))).containsExactly("E-6", "E-7", "E-8");
        assertThat(recent.newest(4, 10, 0)).isNull();
        assertThat(ids(recent.newest(4, 3, 0))).as("the history keeps 3").hasSize(3);
        assertThat(ids(recent.newest(3, 10, EXPIRES + 1))).as("expired").isEmpty();
    }

    @Test
    void messagesBeforeAHole_areDropped_withTheirBytes() {
        RecentMessages recent = readFrom(1, true);
        add(recent, 1, 2, 4, 5);

        assertThat(recent.end()).isEqualTo(5);
        assertThat(ids(recent.after(new HistoryId("E", 3), 10, 0))).containsExactly("E-4", "E-5");
        assertThat(recent.after(new HistoryId("E", 2), 10, 0)).isNull();
        assertThat(recent.bytes()).isEqualTo(2 * ofOneMessage());
        assertThat(held).isEqualTo(2 * ofOneMessage());
    }

    @Test
    void allMessages_areDropped_whenTheLastOneIsMissing() {
        RecentMessages recent = readFrom(1, true);
        add(recent, 1, 2);
        recent.endAt(2);
        assertThat(recent.bytes()).isEqualTo(2 * ofOneMessage());
        recent.endAt(3);

        assertThat(recent.end()).isEqualTo(3);
        assertThat(recent.bytes()).isZero();
        assertThat(held).isZero();
        assertThat(recent.after(new HistoryId("E", 2), 10, 0)).isNull();
    }

    @Test
    void end_isBeforeTheReading_whenItFoundNothing() {
        RecentMessages recent = readFrom(6, true);

        assertThat(recent.end()).isEqualTo(5);
        assertThat(recent.endsAt(new Position("E", 5))).isTrue();
        assertThat(recent.endsAt(new Position("E", 6))).isFalse();
        assertThat(recent.endsAt(new Position("F", 5))).isFalse();
        assertThat(recent.isOf("E")).isTrue();
        assertThat(recent.isOf("F")).isFalse();
        assertThat(recent.isOf(null)).isFalse();
    }

    @Test
    void drop_givesTheMemoryBack() {
        RecentMessages recent = readFrom(1, true);
        add(recent, 1, 2);
        recent.drop();

        assertThat(held).isZero();
        assertThat(recent.bytes()).isZero();
    }

    private static long bytes(String id, String time, int event, int payload) {
        RecentMessages recent = new RecentMessages("E", 1, true, bytes -> {});
        recent.add(new Message(id, time, "a", new byte[event], new byte[payload]), 1, EXPIRES);
        return recent.bytes();
    }

    @Test
    void bytes_areThoseOfEachTextOfAMessage() {
        long least = bytes("", "", 0, 0);
        String text = "x".repeat(1_000);

        assertThat(bytes(text, "", 0, 0)).isEqualTo(least + 1_000);
        assertThat(bytes("", text, 0, 0)).isEqualTo(least + 1_000);
        assertThat(bytes("", "", 1_000, 0)).isEqualTo(least + 1_000);
        assertThat(bytes("", "", 0, 1_000)).isEqualTo(least + 1_000);
    }
}
