package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.testing.CaughtErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The receivers of each push of a connection. */
final class PushListenerTest {
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);
    private static final Proof.Probe PROBE = new Proof.Probe(3, "channel", "probe topic");

    private final FakeLink fake = new FakeLink();
    private final List<String> told = new ArrayList<>();
    private @Nullable Throwable thrown; // by the receiver of messages
    private final Source.Listener listener = new Source.Listener() {
        @Override
        public void onMessage(Source from, String topic, Envelope envelope) {
            assertThat(from).isSameAs(fake.link.source());
            told.add(topic + " message");
            if (thrown instanceof RuntimeException e) {
                throw e;
            }
            if (thrown instanceof Error e) {
                throw e;
            }
        }

        @Override
        public void onForeign(Source from, String topic, byte[] bytes) {
            told.add(topic + " foreign");
        }

        @Override
        public void onSubscribed(Source from, String topic) {
            told.add(topic + " subscribed");
        }

        @Override
        public void onUnsubscribed(Source from, String topic) {
            told.add(topic + " unsubscribed");
        }

        @Override
        public void onServing() {
            told.add("serving");
        }

        @Override
        public void onLost(Source source) {
            told.add("lost");
        }
    };
    private final PushListener pushes = pushes(fake.subscriptions);

    PushListenerTest() {
        fake.prove();
        fake.link.probe(PROBE);
    }

    @AfterEach
    void close() {
        fake.close();
    }

    private PushListener pushes(FakeConnection connection) {
        return new PushListener(
                fake.link,
                connection.forSubscriptions(),
                listener,
                fake.topology,
                fake.metrics.relay(),
                () -> told.add("wake"));
    }

    private static Envelope envelope(String id) {
        return new Envelope("e", 5, id, "t", false, EVENT, EVENT);
    }

    @Test
    void message_answersItsPublish_beforeItIsDelivered() {
        PublishCommands made = new PublishCommands(
                false, fake.names, HistoryConfig.NONE, new MessageIds(fake.time, 1), new Timestamps(), fake.time);
        PublishCommand command =
                made.publish(new Publication("a", EVENT, EVENT, null), outcome -> told.add("accepted"));
        fake.link.publishes().send(fake.commands.forCommands(), command);
        pushes.message("a", envelope("of another node"));
        pushes.message("a", envelope(command.id));
        pushes.smessage("b", envelope("of another node"));
        pushes.message("a", new byte[] {'?'});

        assertThat(told).containsExactly("a message", "accepted", "a message", "b message", "a foreign");
    }

    @Test
    void probe_isForTheLinkOnly() {
        fake.time.advance(Duration.ofSeconds(2));
        fake.link.onTick(fake.time.nanos());
        fake.link.onProbeRefused("as this test wants it");
        pushes.message(PROBE.topic(), envelope("probe"));
        assertThat(fake.link.proof().isProved()).isTrue();
        pushes.message(PROBE.topic(), new byte[] {'?'});

        assertThat(told).isEmpty();
        assertThat(fake.metrics.scrape()).contains("dropped_total{reason=\"malformed\"} 1.0");
    }

    @Test
    void confirmations_areForTheChannels_andThatOfTheProbeSendsOne() {
        int before = fake.probes;
        pushes.subscribed("a", 1);
        pushes.ssubscribed("b", 1);
        assertThat(told).containsExactly("a subscribed", "b subscribed");
        assertThat(fake.probes).isEqualTo(before);
        pushes.subscribed(PROBE.topic(), 1);

        assertThat(fake.probes).isEqualTo(before + 1);
        assertThat(told).endsWith("wake").hasSize(3);
    }

    @Test
    void endOfASubscription_isForTheChannels_andThatOfTheProbeForTheLink() {
        pushes.unsubscribed(PROBE.unusedTopic(), 0);
        assertThat(told).isEmpty();
        pushes.unsubscribed("a", 0);
        pushes.sunsubscribed("b", 0);
        assertThat(told).containsExactly("a unsubscribed", "wake", "b unsubscribed", "wake");
        assertThat(fake.link.probe()).isEqualTo(PROBE);
        pushes.unsubscribed(PROBE.topic(), 0);

        assertThat(fake.link.probe()).isNull();
        assertThat(told).endsWith("wake").hasSize(5);
    }

    @Test
    void pushes_ofAReplacedConnection_areIgnored() {
        PushListener earlier = pushes(new FakeConnection());
        earlier.message("a", envelope("id"));
        earlier.message(PROBE.topic(), envelope("probe"));
        earlier.subscribed("a", 1);
        earlier.unsubscribed("a", 0);
        earlier.unsubscribed(PROBE.topic(), 0);

        assertThat(told).isEmpty();
        assertThat(fake.link.probe()).isEqualTo(PROBE);
    }

    @Test
    void exception_ofAReceiver_doesNotEndThePushes_andAnErrorIsFatal() {
        thrown = new IllegalStateException("as this test wants it");
        pushes.message("a", envelope("id"));
        Error error = new InternalError("as this test wants it");
        thrown = error;
        try (CaughtErrors caught = CaughtErrors.onThisThread()) {
            assertThatThrownBy(() -> pushes.message("a", envelope("id"))).isSameAs(error);
            assertThat(caught.all()).containsExactly(error);
        }
        assertThat(told).hasSize(2);
    }
}
