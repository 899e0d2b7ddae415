package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeliveryTest {
    private final List<String> told = new ArrayList<>();
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MessageIds ids = new MessageIds(time, 1);
    private final Delivery delivery = new Delivery(new Listener(), () -> told.add("wake"), time, metrics.relay());

    private final class Listener implements RelayListener {
        @Override
        public void onMessage(Message message) {
            told.add(message.channel() + ' ' + new String(message.payload(), US_ASCII));
        }

        @Override
        public void onBatchBegin() {
            told.add("begin");
        }

        @Override
        public void onBatchEnd() {
            told.add("end");
        }

        @Override
        public void onLoss(String name, long count) {
            told.add(name + " lost " + count);
        }
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private void deliver(int offset) {
        byte[] payload = {(byte) ('0' + offset)};
        delivery.deliver("a", new Envelope("e", offset, ids.next(), "now", false, new byte[] {'"', '"'}, payload));
    }

    @Test
    void batch_beginsWithItsFirstMessage_andEndsOnce() {
        delivery.endBatch();
        deliver(1);
        deliver(2);
        delivery.endBatch();
        delivery.endBatch();
        deliver(3);

        assertThat(told).containsExactly("begin", "wake", "a 1", "a 2", "end", "begin", "wake", "a 3");
    }

    @Test
    void loss_isReportedAndCounted_ifThereIsOne() {
        delivery.lose("a", 0);
        delivery.lose("a", -1);
        assertThat(told).isEmpty();

        delivery.lose("a", 3);
        assertThat(told).containsExactly("a lost 3");
        assertThat(metrics.scrape())
                .contains("broadcaster_relay_messages_lost_total{loss=\"certain\"} 3.0")
                .contains("broadcaster_relay_messages_lost_total{loss=\"possible\"} 0.0");
    }

    @Test
    void possibleLoss_isReportedAsOneMessage_andCountedApart() {
        delivery.losePossibly("a");

        assertThat(told).containsExactly("a lost 1");
        assertThat(metrics.scrape())
                .contains("broadcaster_relay_messages_lost_total{loss=\"certain\"} 0.0")
                .contains("broadcaster_relay_messages_lost_total{loss=\"possible\"} 1.0")
                .contains("broadcaster_relay_losses_total 1.0");
    }

    @Test
    void message_isCounted_withTheTimeSinceItsPublish() {
        String id = ids.next();
        time.advance(Duration.ofSeconds(3));
        delivery.deliver("a", new Envelope("e", 1, id, "now", false, new byte[] {'"', '"'}, new byte[] {'1'}));

        assertThat(metrics.scrape())
                .contains("broadcaster_relay_lag_seconds_count 1")
                .contains("broadcaster_relay_lag_seconds_sum 3.0");
    }
}
