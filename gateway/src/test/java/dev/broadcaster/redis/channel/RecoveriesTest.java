package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.channel.State.Away;
import dev.broadcaster.redis.channel.State.Live;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.testing.FakeTime;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The readings of a history, the clients that are answered from them, and their cost. */
final class RecoveriesTest {
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);
    private static final HistoryConfig.Rule RULE = new HistoryConfig.Rule("", 3, Duration.ofMinutes(10));

    private final FakeTime time = new FakeTime();
    private final List<HistoryReading> readings = new ArrayList<>();
    private final Metrics metrics = new Metrics();
    private final Account account = new MemoryBudget(1 << 26, metrics).account(Purpose.HISTORY);
    private final Recoveries recoveries = new Recoveries("server"::equals, account, time);
    private final List<String> told = new ArrayList<>();

    @AfterEach
    void close() {
        metrics.close();
    }

    /** A channel in a state that the test sets. */
    private final class FakeChannel {
        final Recoveries.OfChannel recoveries;
        final Live live;
        State state;

        FakeChannel(String name, Position position) {
            live = new Live(new FakeSource(), "server", position);
            state = live;
            recoveries = RecoveriesTest.this.recoveries.of(name, RULE, () -> state, this::read);
        }

        private void read(HistoryReading reading) {
            assertThat(live.reading).isNull();
            live.reading = reading;
            readings.add(reading);
        }

        void end() {
            state = new Away(live.past(time.nanos()));
            recoveries.forgetRecent();
        }
    }

    private FakeChannel channel(String name, String epoch, long offset) {
        return new FakeChannel(name, new Position(epoch, offset));
    }

    private void ask(FakeChannel channel, String lastSeen, int last) {
        long deadline = time.nanos() + 5_000_000_000L;
        channel.recoveries.add(
                new Replay(lastSeen, last),
                new ReplayCallback() {
                    @Override
                    public void onReplayed(Replayed replayed) {
                        String ids = String.join(
                                " ",
                                replayed.messages().stream().map(Message::id).toList());
                        told.add((replayed.complete() ? "complete" : "not complete") + " [" + ids + "] "
                                + replayed.position());
                    }

                    @Override
                    public void onFailed(String reason) {
                        told.add(reason);
                    }
                },
                deadline);
    }

    private static Envelope envelope(String epoch, long offset) {
        return new Envelope(epoch, offset, "id", "t", true, EVENT, new byte[100]);
    }

    /** The current reading has arrived, with these offsets of the counter's epoch. */
    private void onRead(FakeChannel channel, Position counter, boolean whole, long... offsets) {
        HistoryReading reading = channel.live.reading;
        channel.live.reading = null;
        List<HistoryPage.Entry> entries = LongStream.of(offsets)
                .mapToObj(offset ->
                        new HistoryPage.Entry(envelope(counter.epoch(), offset), time.nanos() + 600_000_000_000L))
                .toList();
        HistoryPage page = new HistoryPage(counter, whole ? "server" : "dead server", entries);
        reading.add(page);
        channel.recoveries.onRead(reading, page);
    }

    @Test
    void position_isAnsweredWithoutAReading_whenTheNodeKnowsIt() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, null, 0);
        channel.end(); // being subscribed again: the next message still follows the last one
        ask(channel, null, 0);

        assertThat(told).containsExactly("not complete [] E-8", "not complete [] E-8");
        assertThat(readings).isEmpty();
    }

    @Test
    void position_isReadOnce_forAllWaitingClients_whenThereIsNoCounter() {
        FakeChannel channel = channel("a", null, 0);
        ask(channel, null, 0);
        ask(channel, null, 0);
        ask(channel, "D-5", 2);
        assertThat(readings).hasSize(1);

        channel.live.position = new Position("E", 0);
        onRead(channel, channel.live.position, true);

        assertThat(told).startsWith("not complete [] E-0", "not complete [] E-0");
        onRead(channel, channel.live.position, true); // for the client that asked during the first reading
        assertThat(told).hasSize(3).endsWith("not complete [] E-0");
    }

    @Test
    void subscribe_fails_whenThePositionCannotBeRead() {
        FakeChannel channel = channel("a", null, 0);
        ask(channel, null, 0);
        ask(channel, "E-1", 0);
        channel.recoveries.refuse();
        ask(channel, null, 0);
        time.advance(Duration.ofSeconds(5));
        recoveries.onTick(time.nanos());

        assertThat(told).hasSize(3).allMatch(reason -> reason.startsWith("not subscribed: "));
    }

    @Test
    void recovery_isRefused_andLastFails_whenTheHistoryCannotBeRead() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-7", 0);
        ask(channel, "E-7", 2);
        ask(channel, null, 2);
        channel.recoveries.refuse();

        assertThat(told)
                .containsExactly(
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "not subscribed: the history of the channel can't be read");
    }

    @Test
    void recovery_isComplete_exactlyWhenNothingAfterThePositionIsMissing() {
        for (long offset = 0; offset <= 9; offset++) {
            FakeChannel channel = channel("a", "E", 8);
            ask(channel, "E-" + offset, 0);
            if (channel.live.reading != null) {
                long first = channel.live.reading.first();
                assertThat(first).isEqualTo(Math.min(offset + 1, 9));
                onRead(
                        channel,
                        channel.live.position,
                        true,
                        LongStream.rangeClosed(Math.max(first, 6), 8).toArray());
            }
        }

        assertThat(told)
                .containsExactly(
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "complete [E-6 E-7 E-8] E-8",
                        "complete [E-7 E-8] E-8",
                        "complete [E-8] E-8",
                        "complete [] E-8",
                        "not complete [] E-8");
    }

    @Test
    void recovery_isRefused_whenTheEndIsMissing_orTheServerMayLackIt() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-6", 2);
        onRead(channel, channel.live.position, true, 7); // 8 could not be kept
        FakeChannel taken = channel("b", "E", 8);
        ask(taken, "E-8", 0);
        ask(taken, "E-7", 2);
        onRead(taken, taken.live.position, false, 8);
        if (taken.live.reading != null) {
            onRead(taken, taken.live.position, false, 7, 8);
        }

        assertThat(told).containsExactly("not complete [] E-8", "not complete [] E-8", "not complete [E-7 E-8] E-8");
    }

    @Test
    void reading_servesClients_ofTheNextTwoSeconds() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        onRead(channel, channel.live.position, true, 6, 7, 8);
        for (int i = 0; i < 1_000; i++) {
            ask(channel, "E-" + (5 + i % 4), 0);
            ask(channel, null, 1 + i % 3);
        }
        assertThat(readings).hasSize(1);
        assertThat(told).hasSize(2_001);

        channel.live.position = new Position("E", 9);
        channel.recoveries.onDelivered(envelope("E", 9), envelope("E", 9).message("a"));
        ask(channel, "E-8", 0);
        assertThat(told).endsWith("complete [E-9] E-9");
        time.advance(Duration.ofMillis(2_001));
        recoveries.onTick(time.nanos());
        ask(channel, "E-8", 0);
        assertThat(readings).hasSize(2);
    }

    @Test
    void messagesOfReadings_areCounted_untilTheyAreDropped() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        onRead(channel, channel.live.position, true, 6, 7, 8);
        long three = account.used();
        assertThat(three).isGreaterThan(3 * 200);
        channel.live.position = new Position("E", 9);
        channel.recoveries.onDelivered(envelope("E", 9), envelope("E", 9).message("a"));
        assertThat(account.used()).isEqualTo(three / 3 * 4);

        time.advance(Duration.ofMillis(2_001));
        recoveries.onTick(time.nanos());
        assertThat(account.used()).isZero();
    }

    @Test
    void pagesOfAReading_areCounted_untilItEnds_orIsNoLongerWanted() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        HistoryReading reading = channel.live.reading;
        HistoryPage page = page(6, 7);
        assertThat(channel.recoveries.add(reading, page, false)).isTrue();
        long two = account.used();
        assertThat(two).isGreaterThan(2 * 200);
        assertThat(channel.recoveries.add(reading, page, false)).isTrue();
        assertThat(account.used()).isEqualTo(2 * two);
        recoveries.onTick(time.nanos());
        assertThat(account.used()).as("in progress").isEqualTo(2 * two);

        channel.recoveries.add(reading, page, true);
        assertThat(account.used()).as("ended").isZero();

        channel.recoveries.add(reading, page, false);
        channel.live.reading = null;
        recoveries.onTick(time.nanos());
        assertThat(account.used()).as("given up").isZero();
    }

    @Test
    void furtherPages_areRefused_whenTheAccountIsFull_butMessagesOfEndedReadingsGoFirst() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        onRead(channel, channel.live.position, true, 6, 7, 8);
        long recent = account.used();
        FakeChannel other = channel("b", "E", 8);
        ask(other, "E-5", 0);
        long others = account.limit() - recent;
        account.add(others);

        assertThat(other.recoveries.add(other.live.reading, page(6, 7), false)).isTrue();
        assertThat(other.recoveries.add(other.live.reading, page(8, 9), false)).isFalse();
        assertThat(other.recoveries.add(other.live.reading, page(10), true))
                .as("a last page needs no memory")
                .isTrue();
        assertThat(account.used()).isEqualTo(others);
        assertThat(metrics.scrape()).contains("broadcaster_budget_refusals_total{account=\"history\"} 1.0");
    }

    private HistoryPage page(long... offsets) {
        List<HistoryPage.Entry> entries = LongStream.of(offsets)
                .mapToObj(offset -> new HistoryPage.Entry(envelope("E", offset), time.nanos() + 600_000_000_000L))
                .toList();
        return new HistoryPage(new Position("E", 20), "server", entries);
    }

    @Test
    void messages_serveOnlyTheClientsThatWait_whenTheAccountIsFull() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        onRead(channel, channel.live.position, true, 6, 7, 8);
        FakeChannel other = channel("b", "E", 8);
        account.add(account.limit());
        ask(other, "E-7", 0);
        ask(other, "E-6", 0);
        onRead(other, other.live.position, true, 8);
        onRead(other, other.live.position, true, 7, 8);
        assertThat(told).containsExactly("complete [E-6 E-7 E-8] E-8", "complete [E-8] E-8", "complete [E-7 E-8] E-8");

        channel.live.position = new Position("E", 9);
        channel.recoveries.onDelivered(envelope("E", 9), envelope("E", 9).message("a"));
        assertThat(account.used()).isEqualTo(account.limit());
        ask(channel, "E-8", 0);
        ask(other, "E-7", 0);
        assertThat(readings).hasSize(5);
    }

    @Test
    void reading_isNotFinal_forLaterRecoveries() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-8", 0);
        ask(channel, "E-9", 0); // of a message that this node has not received yet
        onRead(channel, channel.live.position, true);
        assertThat(told).containsExactly("complete [] E-8");

        channel.live.position = new Position("E", 9);
        onRead(channel, channel.live.position, true, 9);
        assertThat(told).containsExactly("complete [] E-8", "complete [] E-9");
    }

    @Test
    void recovery_isRefused_andLastFails_whenTheHistoryIsOfAnotherCounter() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-7", 2);
        ask(channel, null, 2);
        onRead(channel, new Position("F", 3), true, 2, 3);
        onRead(channel, new Position("F", 3), true, 2, 3);

        assertThat(told)
                .containsExactly("not complete [] E-8", "not subscribed: the history of the channel can't be read");
    }

    @Test
    void subscribe_fails_whenTheReadingCouldNotCreateTheCounter() {
        FakeChannel channel = channel("a", null, 0);
        ask(channel, null, 0);
        onRead(channel, Position.NONE, true);

        assertThat(told).containsExactly("not subscribed: the position of the channel can't be read");
        assertThat(readings).hasSize(1);
    }

    private void deliver(FakeChannel channel, Envelope envelope) {
        channel.live.position = envelope.position();
        channel.recoveries.onDelivered(envelope, envelope.message("a"));
    }

    @Test
    void recentMessages_areForgotten_whenTheNextOneIsNotKept_orDoesNotFollow() {
        Envelope notKept = new Envelope("E", 9, "id", "t", false, EVENT, new byte[100]);
        for (Envelope next : List.of(notKept, envelope("E", 10), envelope("F", 9))) {
            FakeChannel channel = channel("a", "E", 8);
            ask(channel, "E-5", 0);
            onRead(channel, channel.live.position, true, 6, 7, 8);
            assertThat(account.used()).isPositive();
            deliver(channel, next);
            assertThat(account.used()).isZero();
            deliver(channel, envelope("E", 9));
            assertThat(account.used()).as("until the next reading").isZero();
        }
    }

    @Test
    void recentMessages_ofOneChannel_areForgotten_whenTheyTakeMoreThan8MiB() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-8", 0);
        onRead(channel, channel.live.position, true);
        long bound = 8 << 20;
        long offset = 8;
        while (account.used() <= bound && offset < 300) {
            offset++;
            deliver(channel, new Envelope("E", offset, "id", "t", true, EVENT, new byte[32 << 10]));
        }
        assertThat(account.used()).isBetween(bound, account.limit());
        deliver(channel, envelope("E", offset + 1));

        assertThat(account.used()).isZero();
    }

    @Test
    void recovery_isRefusedWithoutAReading_whenTheHistoryIsTooShort() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-4", 0); // the history keeps 3

        assertThat(told).containsExactly("not complete [] E-8");
        assertThat(readings).isEmpty();
    }

    @Test
    void messagesAfterAMissingOne_serveOtherClients() {
        FakeChannel channel = channel("a", "E", 8);
        ask(channel, "E-6", 0);
        onRead(channel, channel.live.position, true, 7); // 8 could not be kept
        deliver(channel, envelope("E", 9));
        ask(channel, "E-8", 0);

        assertThat(told).containsExactly("not complete [] E-8", "complete [E-9] E-9");
        assertThat(readings).hasSize(1);
    }

    /** The cost of a private channel must not depend on the number of others that recover at the same time. */
    @Test
    void reading_visitsNoOtherChannel_forAnyNumberOfRecentReadings() throws Exception {
        CountingMap visits = new CountingMap();
        Field remembering = Recoveries.class.getDeclaredField("remembering");
        remembering.setAccessible(true);
        remembering.set(recoveries, visits);
        for (int i = 0; i < 12_000; i++) {
            FakeChannel channel = channel("a" + i, "E", 8);
            ask(channel, "E-7", 0);
            onRead(channel, channel.live.position, true, 8);
        }
        assertThat(told).hasSize(12_000).allMatch("complete [E-8] E-8"::equals);
        assertThat(visits.size()).isEqualTo(12_000);
        assertThat(visits.traversals).as("traversals by readings").isZero();

        recoveries.onTick(time.nanos());
        assertThat(visits).as("nothing is due").hasSize(12_000);
        time.advance(Duration.ofMillis(2_001));
        recoveries.onTick(time.nanos());
        assertThat(visits).isEmpty();
    }

    /** Redis is silent, and all clients of a large channel wait: a search for each would take the event loop away. */
    @Test
    @Timeout(20)
    void clientsThatWaitedTooLong_areRefusedInOnePass() {
        FakeChannel channel = channel("a", "E", 8);
        channel.end();
        for (int i = 0; i < 200_000; i++) {
            ask(channel, "E-7", 0);
        }
        time.advance(Duration.ofSeconds(4));
        ask(channel, "E-6", 0);
        time.advance(Duration.ofSeconds(1));
        recoveries.onTick(time.nanos());

        assertThat(told).hasSize(200_000).containsOnly("not complete [] E-8");
        time.advance(Duration.ofSeconds(4));
        recoveries.onTick(time.nanos());
        assertThat(told).hasSize(200_001);
    }

    @Test
    void bytes_areTheSumOfAllRecentMessages_andBounded() {
        List<FakeChannel> channels = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            FakeChannel channel = channel("a" + i, "E", 8);
            channels.add(channel);
            for (int again = 0; again < 2; again++) {
                ask(channel, "E-5", 0);
                if (channel.live.reading != null) {
                    onRead(channel, channel.live.position, true, 6, 7, 8);
                }
                time.advance(Duration.ofMillis(again * 21));
            }
            if (i % 3 == 0) {
                channel.end();
            }
            recoveries.onTick(time.nanos());
        }
        long held = channels.stream()
                .map(channel -> (RecentMessages) field(channel.recoveries, "recent"))
                .filter(Objects::nonNull)
                .mapToLong(RecentMessages::bytes)
                .sum();
        assertThat(account.used()).isEqualTo(held).isPositive();
        time.advance(Duration.ofSeconds(3));
        recoveries.onTick(time.nanos());
        assertThat(account.used()).isZero();
    }

    private static Object field(Object object, String name) {
        try {
            Field field = object.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(object);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static final class CountingMap extends LinkedHashMap<Recoveries.OfChannel, Long> {
        private int traversals;

        @Override
        public Set<Map.Entry<Recoveries.OfChannel, Long>> entrySet() {
            traversals++;
            return super.entrySet();
        }

        @Override
        public Set<Recoveries.OfChannel> keySet() {
            traversals++;
            return super.keySet();
        }
    }
}
