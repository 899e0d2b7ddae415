package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.CaughtErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LocalRelayTest extends ReplayContract {
    private static final byte[] JSON = "1".getBytes(UTF_8);

    private final Metrics metrics = new Metrics();

    @AfterEach
    void closeMetrics() {
        metrics.close();
    }

    @Override
    protected LocalRelay newRelay() {
        return new LocalRelay(
                time, new MessageIds(time, 1), new Timestamps(), HISTORY, new MemoryBudget(1L << 40, metrics));
    }

    @Test
    void publish_isAnsweredBeforeItReturns_afterTheDelivery() {
        List<String> log = new ArrayList<>();
        LocalRelay relay = newRelay();
        relay.start(each(message -> log.add("delivered")));

        relay.publish(new Publication("a", JSON, JSON, null), outcome -> log.add("answered"));

        assertThat(log).containsExactly("delivered", "answered");
    }

    @Test
    void aListenerMayPublish_whatItPublishesComesNext() {
        List<String> log = new ArrayList<>();
        LocalRelay relay = newRelay();
        relay.start(each(message -> {
            log.add("begin " + payload(message));
            if (payload(message) < 3) {
                byte[] next = String.valueOf(payload(message) + 1).getBytes(UTF_8);
                relay.publish(new Publication("a", JSON, next, null), outcome -> {});
            }
            log.add("end " + payload(message));
        }));

        relay.publish(new Publication("a", JSON, JSON, null), outcome -> {});

        assertThat(log).containsExactly("begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3");
    }

    @Test
    void publish_isRefused_beforeStart() {
        LocalRelay relay = newRelay();

        assertThatThrownBy(() -> relay.publish(new Publication("a", JSON, JSON, null), outcome -> {}))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aPublisherIsAnsweredBeforeTheDelivery_inAChannelWithAHistory() {
        List<String> log = new ArrayList<>();
        LocalRelay relay = newRelay();
        relay.start(each(message -> log.add("delivered")));

        relay.publish(new Publication("kept:a", JSON, JSON, null), outcome -> log.add("answered"));

        assertThat(log).containsExactly("answered", "delivered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "kept:a"})
    void anErrorInADelivery_isFatal_andLaterMessagesAreDelivered(String channel) {
        List<Integer> delivered = new ArrayList<>();
        List<PublishOutcome> answers = new ArrayList<>();
        Error error = new InternalError("as this test wants it");
        LocalRelay relay = newRelay();
        relay.start(each(message -> {
            if (payload(message) == 1) {
                throw error;
            }
            delivered.add(payload(message));
        }));
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(() -> relay.publish(new Publication(channel, JSON, JSON, null), answers::add))
                    .isSameAs(error);
            assertThat(caught.all()).containsExactly(error);
        }
        int answered = answers.size();

        relay.publish(new Publication(channel, JSON, "2".getBytes(UTF_8), null), answers::add);

        assertThat(answers).hasSize(answered + 1);
        assertThat(delivered).containsExactly(2);
    }

    @Test
    void messagesOfOthersInALane_areDelivered_afterAnError() {
        List<Integer> delivered = new ArrayList<>();
        LocalRelay relay = newRelay();
        relay.start(each(message -> {
            delivered.add(payload(message));
            if (payload(message) == 1) {
                relay.publish(new Publication("a", JSON, "2".getBytes(UTF_8), null), outcome -> {});
                throw new InternalError("as this test wants it");
            }
        }));
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(() -> relay.publish(new Publication("a", JSON, JSON, null), outcome -> {}))
                    .isInstanceOf(InternalError.class);
            assertThat(caught.all()).hasSize(1);
        }

        assertThat(delivered).containsExactly(1, 2);
    }

    /** A publish by the listener waits for its lane, which is busy. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "kept:a"})
    void publishThatHasWaitedForItsLane_givesItsBytesBack_alsoWhenItIsARepetition(String channel) {
        MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
        Account publishes = budget.account(Purpose.PUBLISHES);
        List<Long> used = new ArrayList<>();
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), HISTORY, budget);
        relay.start(each(message -> {
            if (payload(message) == 1) {
                Publication next = new Publication(channel, JSON, "2".getBytes(UTF_8), "key");
                relay.publish(next, outcome -> {});
                relay.publish(next, outcome -> {});
                used.add(publishes.used());
            }
        }));

        relay.publish(new Publication(channel, JSON, JSON, null), outcome -> {});

        assertThat(used).hasSize(1);
        assertThat(used.get(0)).isPositive();
        assertThat(publishes.used()).isZero();
    }

    private static int payload(Message message) {
        return Integer.parseInt(new String(message.payload(), UTF_8));
    }

    private static RelayListener each(Consumer<Message> onMessage) {
        return new RelayListener() {
            @Override
            public void onMessage(Message message) {
                onMessage.accept(message);
            }

            @Override
            public void onLoss(String channel, long count) {
                throw new AssertionError(count + " of " + channel);
            }
        };
    }

    @Test
    @Timeout(20)
    void aPageCostsAsMuchAsItsMessages_whereverItBegins() {
        int size = 100_000;
        HistoryConfig history = new HistoryConfig(List.of(new HistoryConfig.Rule("", size, Duration.ofHours(1))));
        MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps(), history, budget);
        relay.start(each(message -> {}));
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            relay.publish(
                    new Publication("a", JSON, JSON, null),
                    outcome -> ids.add(((PublishOutcome.Accepted) outcome).id()));
        }

        List<String> read = new ArrayList<>();
        while (read.size() < size) {
            String after = read.isEmpty() ? null : read.get(read.size() - 1);
            relay.history("a", after, 1, outcome -> {
                HistoryOutcome.Page page = (HistoryOutcome.Page) outcome;
                read.add(page.messages().get(0).id());
                assertThat(page.more()).isEqualTo(read.size() < size);
            });
            relay.extent(
                    "a",
                    outcome ->
                            assertThat(((HistoryOutcome.Extent) outcome).size()).isEqualTo(size));
        }

        assertThat(read).isEqualTo(ids);
    }
}
