package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.time.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of a channel without a history: what is delivered, what is told as lost, when the counter is read again. */
final class SequencerTest {
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MessageIds ids = new MessageIds(time, 1);
    private final List<String> told = new ArrayList<>();
    private final ReceivedChannel channel = new ReceivedChannel("a", 0, "topic of a", null);
    private final RelayListener listener = new RelayListener() {
        @Override
        public void onMessage(Message message) {
            told.add("message");
        }

        @Override
        public void onLoss(String name, long count) {
            told.add("lost " + count);
        }
    };
    private final Sequencer sequencer = new Sequencer(
            new HistoryReads(new HistoryCommands(new KeyNames("b", 0), () -> "E", () -> {}), link -> null),
            recounted -> told.add("recount"),
            server -> true,
            new Delivery(listener, () -> {}, time, metrics.relay()),
            time,
            metrics.relay());

    @AfterEach
    void close() {
        metrics.close();
    }

    private Envelope envelope(String epoch, long offset) {
        return new Envelope(epoch, offset, ids.next(), "t", false, new byte[] {'"', '"'}, new byte[] {'1'});
    }

    /** Otherwise the channel looks like one that was asked for long ago and not confirmed, and is subscribed again. */
    @Test
    void recount_setsTheTimeAsked() {
        channel.live = true;
        channel.position = new Position("e", 5);
        channel.askedNanos = time.nanos();
        time.advance(Duration.ofMinutes(1));
        sequencer.onMessage(channel, envelope("e", 5));

        assertThat(told).containsExactly("lost 1", "recount");
        assertThat(channel.askedNanos).isEqualTo(time.nanos());
    }

    /** A position has created a counter, which has expired since: the first message of the next one is no loss. */
    @Test
    void counterWithoutAMessage_leavesNoHole() {
        channel.live = true;
        for (Position start : new Position[] {Position.NONE, new Position("e", 0), new Position("f", 0)}) {
            channel.position = start;
            sequencer.onMessage(channel, envelope("f", 1));
            assertThat(channel.position).isEqualTo(new Position("f", 1));
        }
        assertThat(told).containsExactly("message", "message", "message");
    }

    @Test
    void counterThatWasCreatedWhileTheNodeWasAway_leavesNoHole() {
        channel.wanted = 1;
        channel.position = Position.NONE;
        channel.endedNanos = time.nanos();
        channel.serverId = "server";
        sequencer.goLive(channel, new Position("e", 0), "server");
        assertThat(channel.position).isEqualTo(new Position("e", 0));

        channel.live = false;
        channel.endedNanos = time.nanos();
        sequencer.goLive(channel, new Position("f", 0), "server");
        channel.live = false;
        channel.endedNanos = time.nanos();
        sequencer.goLive(channel, new Position("f", 2), "server");
        assertThat(told).containsExactly("lost 2");
    }
}
