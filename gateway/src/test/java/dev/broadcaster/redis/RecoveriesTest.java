package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.time.FakeTime;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Which readings of a history there are, who is answered from them, and how much work that is. */
final class RecoveriesTest {
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);
    private static final HistoryConfig.Rule RULE = new HistoryConfig.Rule("", 3, Duration.ofMinutes(10));

    private final FakeTime time = new FakeTime();
    private final List<HistoryReading> readings = new ArrayList<>();
    private final Recoveries recoveries = new Recoveries(this::read, time);
    private final List<String> told = new ArrayList<>();

    private void read(ReceivedChannel channel, HistoryReading reading) {
        channel.reading = reading;
        readings.add(reading);
    }

    private ReceivedChannel channel(String name, String epoch, long offset) {
        ReceivedChannel channel = new ReceivedChannel(name, 0, "topic of " + name, RULE);
        channel.live = true;
        channel.position = new Position(epoch, offset);
        return channel;
    }

    private void ask(ReceivedChannel channel, String lastSeen, int last) {
        long deadline = time.nanos() + 5_000_000_000L;
        recoveries.add(
                channel,
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

    /** The reading that is going on has come, with these offsets of the counter's epoch. */
    private void onRead(ReceivedChannel channel, Position counter, boolean whole, long... offsets) {
        HistoryReading reading = channel.reading;
        channel.reading = null;
        List<HistoryPage.Entry> entries = LongStream.of(offsets)
                .mapToObj(offset -> new HistoryPage.Entry(envelope(counter.epoch(), offset), 600_000))
                .toList();
        reading.add(new HistoryPage(counter, "server", entries), time.nanos());
        recoveries.onRead(channel, reading, counter, whole);
    }

    @Test
    void position_isAnsweredWithoutAReading_whenTheNodeKnowsIt() {
        ReceivedChannel channel = channel("a", "E", 8);
        ask(channel, null, 0);
        channel.live = false; // being subscribed again: what comes next follows the last message all the same
        ask(channel, null, 0);

        assertThat(told).containsExactly("not complete [] E-8", "not complete [] E-8");
        assertThat(readings).isEmpty();
    }

    @Test
    void position_isReadOnce_forAllWhoWait_whenThereIsNoCounter() {
        ReceivedChannel channel = channel("a", null, 0);
        ask(channel, null, 0);
        ask(channel, null, 0);
        ask(channel, "D-5", 2);
        assertThat(readings).hasSize(1);

        channel.position = new Position("E", 0);
        onRead(channel, channel.position, true);

        assertThat(told).startsWith("not complete [] E-0", "not complete [] E-0");
        onRead(channel, channel.position, true); // for the one that asked while the first reading was going on
        assertThat(told).hasSize(3).endsWith("not complete [] E-0");
    }

    @Test
    void subscribe_fails_whenThePositionCanNotBeHad() {
        ReceivedChannel channel = channel("a", null, 0);
        ask(channel, null, 0);
        ask(channel, "E-1", 0);
        recoveries.refuse(channel);
        ask(channel, null, 0);
        time.advance(Duration.ofSeconds(5));
        recoveries.onTick(time.nanos());

        assertThat(told).hasSize(3).allMatch(reason -> reason.startsWith("not subscribed: "));
    }

    @Test
    void recovery_isRefused_andLastFails_whenTheHistoryCanNotBeRead() {
        ReceivedChannel channel = channel("a", "E", 8);
        ask(channel, "E-7", 0);
        ask(channel, "E-7", 2);
        ask(channel, null, 2);
        recoveries.refuse(channel);

        assertThat(told)
                .containsExactly(
                        "not complete [] E-8",
                        "not complete [] E-8",
                        "not subscribed: the history of the channel can't be read");
    }

    @Test
    void recovery_isComplete_exactlyWhenNothingBehindThePositionIsMissing() {
        for (long offset = 0; offset <= 9; offset++) {
            ReceivedChannel channel = channel("a", "E", 8);
            ask(channel, "E-" + offset, 0);
            if (channel.reading != null) {
                long first = channel.reading.first();
                assertThat(first).isEqualTo(Math.min(offset + 1, 9));
                onRead(
                        channel,
                        channel.position,
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
        ReceivedChannel channel = channel("a", "E", 8);
        ask(channel, "E-6", 2);
        onRead(channel, channel.position, true, 7); // 8 could not be kept
        ReceivedChannel taken = channel("b", "E", 8);
        ask(taken, "E-8", 0);
        ask(taken, "E-7", 2);
        onRead(taken, taken.position, false, 8);
        if (taken.reading != null) {
            onRead(taken, taken.position, false, 7, 8);
        }

        assertThat(told).containsExactly("not complete [] E-8", "not complete [] E-8", "not complete [E-7 E-8] E-8");
    }

    @Test
    void reading_servesThoseWhoCome_inTheNextTwoSeconds() {
        ReceivedChannel channel = channel("a", "E", 8);
        ask(channel, "E-5", 0);
        onRead(channel, channel.position, true, 6, 7, 8);
        for (int i = 0; i < 1_000; i++) {
            ask(channel, "E-" + (5 + i % 4), 0);
            ask(channel, null, 1 + i % 3);
        }
        assertThat(readings).hasSize(1);
        assertThat(told).hasSize(2_001);

        channel.position = new Position("E", 9);
        recoveries.onDelivered(channel, envelope("E", 9), envelope("E", 9).message("a"));
        ask(channel, "E-8", 0);
        assertThat(told).endsWith("complete [E-9] E-9");
        time.advance(Duration.ofMillis(2_001));
        recoveries.onTick(time.nanos());
        ask(channel, "E-8", 0);
        assertThat(readings).hasSize(2);
    }

    @Test
    void reading_isNotFinal_forThoseWhoAskedLater() {
        ReceivedChannel channel = channel("a", "E", 8);
        ask(channel, "E-8", 0);
        ask(channel, "E-9", 0); // of a message that has not come to this node yet
        onRead(channel, channel.position, true);
        assertThat(told).containsExactly("complete [] E-8");

        channel.position = new Position("E", 9);
        onRead(channel, channel.position, true, 9);
        assertThat(told).containsExactly("complete [] E-8", "complete [] E-9");
    }

    /** A thousand private channels that come back together must not pay for each other. */
    @Test
    void reading_visitsNoOtherChannel_howeverManyWereReadLately() throws Exception {
        CountingMap visits = new CountingMap();
        Field remembering = Recoveries.class.getDeclaredField("remembering");
        remembering.setAccessible(true);
        remembering.set(recoveries, visits);
        for (int i = 0; i < 12_000; i++) {
            ReceivedChannel channel = channel("a" + i, "E", 8);
            ask(channel, "E-7", 0);
            onRead(channel, channel.position, true, 8);
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

    @Test
    void bytes_areTheSumOfWhatIsHeld_andBounded() throws Exception {
        Field field = Recoveries.class.getDeclaredField("recentBytes");
        field.setAccessible(true);
        RecentMessages.Total total = (RecentMessages.Total) field.get(recoveries);
        List<ReceivedChannel> channels = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ReceivedChannel channel = channel("a" + i, "E", 8);
            channels.add(channel);
            for (int again = 0; again < 2; again++) {
                ask(channel, "E-5", 0);
                if (channel.reading != null) {
                    onRead(channel, channel.position, true, 6, 7, 8);
                }
                time.advance(Duration.ofMillis(again * 21));
            }
            if (i % 3 == 0) {
                channel.end(time.nanos());
            }
            recoveries.onTick(time.nanos());
        }
        long held = channels.stream()
                .filter(channel -> channel.recent != null)
                .mapToLong(channel -> channel.recent.bytes())
                .sum();
        assertThat(total.bytes()).isEqualTo(held).isPositive();
        time.advance(Duration.ofSeconds(3));
        recoveries.onTick(time.nanos());
        assertThat(total.bytes()).isZero();
    }

    private static final class CountingMap extends LinkedHashMap<ReceivedChannel, Long> {
        private int traversals;

        @Override
        public Set<Map.Entry<ReceivedChannel, Long>> entrySet() {
            traversals++;
            return super.entrySet();
        }

        @Override
        public Set<ReceivedChannel> keySet() {
            traversals++;
            return super.keySet();
        }
    }
}
