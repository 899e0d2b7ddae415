package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.testing.FakeTime;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each publish is answered once: by the reply, the returned message, or the time-out. */
final class PublishesTest {
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1))));
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final List<PublishOutcome> outcomes = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final FakeConnection connection = new FakeConnection();
    private final PublishCommands commands =
            new PublishCommands(false, new KeyNames("b", 0), HISTORY, new MessageIds(time, 1), new Timestamps(), time);
    private final Publishes publishes = new Publishes(time, metrics.relay(), new Publishes.Listener() {
        @Override
        public void onRefused(String error) {
            told.add("refused: " + error);
        }

        @Override
        public void onIncomplete(String problem) {
            told.add("incomplete: " + problem);
        }
    });

    @AfterEach
    void close() {
        metrics.close();
    }

    private PublishCommand command(String channel, String key, byte[] payload) {
        return commands.publish(new Publication(channel, EVENT, payload, key), outcomes::add);
    }

    private PublishCommand send(String channel, String key) {
        PublishCommand command = command(channel, key, new byte[] {'1'});
        publishes.send(connection.forCommands(), command);
        return command;
    }

    private static void reply(PublishCommand command, String reply) {
        if (reply == null) {
            command.getOutput().set(1L);
        } else {
            command.getOutput().set(ByteBuffer.wrap(reply.getBytes(US_ASCII)));
        }
        command.complete();
    }

    private static void fail(PublishCommand command, String error) {
        command.getOutput().setError(error);
        command.complete();
    }

    private static Envelope returned(PublishCommand command, boolean kept) {
        return new Envelope("e", 7, command.id, "t", kept, EVENT, new byte[] {'1'});
    }

    private static PublishOutcome accepted(String id, PublishCommand command) {
        return new PublishOutcome.Accepted(id, command.createTime);
    }

    @Test
    void publish_isAccepted_byItsReply_once() {
        PublishCommand plain = send("a", null);
        PublishCommand kept = send("kept:a", null);
        assertThat(connection.published).containsExactly(plain, kept);
        assertThat(outcomes).isEmpty();
        reply(plain, null);
        reply(kept, "e-7");
        publishes.onReturned(returned(plain, false));
        time.advance(Duration.ofSeconds(2));
        publishes.onTick(time.nanos());

        assertThat(outcomes).containsExactly(accepted(plain.id, plain), accepted("e-7", kept));
        assertThat(metrics.scrape()).contains("broadcaster_relay_publishes_total{outcome=\"accepted\"} 2.0");
    }

    @Test
    void publish_isAccepted_whenTheMessageReturnsFirst_alsoAfterTheConnectionIsLost() {
        PublishCommand first = send("a", null);
        PublishCommand second = send("kept:a", null);
        publishes.onReturned(returned(first, false));
        publishes.onReturned(new Envelope("e", 9, "of another node", "t", false, EVENT, EVENT));
        assertThat(outcomes).containsExactly(accepted(first.id, first));

        publishes.onConnectionLost();
        reply(first, null);
        reply(second, "e-8");
        assertThat(outcomes).as("replies of a lost connection").hasSize(1);
        publishes.onReturned(returned(second, true));
        assertThat(outcomes).containsExactly(accepted(first.id, first), accepted("e-7", second));
    }

    @Test
    void publish_isUnknown_afterASecondWithoutAnAnswer_whetherTheConnectionIsLostOrNot() {
        send("a", null);
        publishes.onConnectionLost();
        send("a", null);
        assertThat(publishes.isStalled(time.nanos())).isFalse();
        time.advance(Duration.ofSeconds(1));
        publishes.onTick(time.nanos());
        assertThat(outcomes).isEmpty();
        time.advance(Duration.ofMillis(1));
        assertThat(publishes.isStalled(time.nanos())).isTrue();
        publishes.onTick(time.nanos());
        publishes.onTick(time.nanos());

        PublishOutcome unknown = new PublishOutcome.Unknown("outcome unknown: " + Reasons.SILENT);
        assertThat(outcomes).containsExactly(unknown, unknown);
    }

    @Test
    void pause_givesRedisTheSameTimeAgain() {
        PublishCommand command = send("a", null);
        time.advance(Duration.ofSeconds(60));
        publishes.onPause(Duration.ofSeconds(60).toNanos());
        publishes.onTick(time.nanos());
        assertThat(outcomes).isEmpty();
        reply(command, null);
        assertThat(outcomes).containsExactly(accepted(command.id, command));
    }

    @Test
    void publish_isNotPublished_whenRedisRefusesIt_withoutTheErrorOfRedis() {
        fail(send("a", null), "NOPERM this user can't");

        assertThat(outcomes).containsExactly(new PublishOutcome.NotPublished("not published: " + Reasons.REFUSED));
        assertThat(told).containsExactly("refused: NOPERM this user can't");
    }

    @Test
    void publish_isAccepted_andReported_whenTheMessageCouldNotBeKept() {
        PublishCommand command = send("kept:a", null);
        reply(command, "e-7\nOOM command not allowed (XADD)");

        assertThat(outcomes).containsExactly(accepted("e-7", command));
        assertThat(told).containsExactly("incomplete: OOM command not allowed (XADD)");
        assertThat(metrics.scrape()).contains("broadcaster_relay_publishes_incomplete_total 1.0");
    }

    @Test
    void key_getsTheFirstAnswer_ifThePublicationIsTheSame() {
        PublishCommand same = send("a", "key");
        PublishCommand other = send("a", "key");
        reply(same, same.fingerprint + " first then");
        reply(other, "another first then");

        assertThat(outcomes)
                .containsExactly(new PublishOutcome.Accepted("first", "then"), new PublishOutcome.KeyReused());
    }

    @Test
    void publishes_areRefused_whenTooManyBytesWait_untilTheyAreAnswered() {
        byte[] half = new byte[Publishes.MAX_BYTES / 2 - 1000];
        PublishCommand first = command("a", null, half);
        publishes.send(connection.forCommands(), first);
        publishes.send(connection.forCommands(), command("a", null, half));
        publishes.send(connection.forCommands(), command("a", null, half));
        assertThat(outcomes).containsExactly(new PublishOutcome.NotPublished("not published: " + Reasons.BUSY));
        reply(first, null);
        publishes.send(connection.forCommands(), command("a", null, half));

        assertThat(connection.published).hasSize(3);
        assertThat(outcomes).hasSize(2);
    }

    @Test
    void close_answersEverything() {
        send("a", null);
        publishes.onConnectionLost();
        send("a", null);
        publishes.close();

        assertThat(outcomes).hasSize(2).allMatch(PublishOutcome.Unknown.class::isInstance);
    }

    @Test
    void pause_givesPublishesOfALostConnectionTheSameTimeAgain() {
        PublishCommand command = send("a", null);
        publishes.onConnectionLost();
        time.advance(Duration.ofSeconds(60));
        publishes.onPause(Duration.ofSeconds(60).toNanos());
        publishes.onTick(time.nanos());
        assertThat(outcomes).isEmpty();
        publishes.onReturned(returned(command, false));
        assertThat(outcomes).containsExactly(accepted(command.id, command));
    }

    @Test
    void publishes_areNotStalled_byThoseOfConnectionsThatAreLost() {
        send("a", null);
        publishes.onConnectionLost();
        send("a", null);
        publishes.onConnectionLost();
        time.advance(Duration.ofMillis(900));
        send("a", null);
        time.advance(Duration.ofMillis(200));

        assertThat(publishes.isStalled(time.nanos())).isFalse();
    }
}
