package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands of a probe, and what their answers mean for the link. */
final class ProbesTest {
    private final FakeLink fake = new FakeLink();
    private final Link link = fake.link;
    private final Probes probes = probes(fake.histories);

    @AfterEach
    void close() {
        fake.close();
    }

    private Probes probes(HistoryCommands histories) {
        PublishCommands commands = new PublishCommands(
                false, fake.names, HistoryConfig.NONE, new MessageIds(fake.time, 1), new Timestamps(), fake.time);
        return new Probes(fake.topology, commands, histories, fake.names, new SplittableRandom(1));
    }

    private String trouble() {
        return link.trouble(fake.time.nanos());
    }

    /** Everything is done but the answers to a probe, which is sent. */
    private void send(Probes by) {
        fake.connect();
        fake.subscriptions.last("info").answer("run_id:server\r\n");
        link.onProbe("probe");
        link.flush();
        assertThat(by.send(link)).isTrue();
        assertThat(trouble()).contains("not all needed commands have been tried yet");
    }

    private PublishCommand published() {
        return fake.commands.published.get(0);
    }

    private static void fail(PublishCommand command, String error) {
        command.getOutput().setError(error);
        command.complete();
    }

    private FakeConnection.Sent sent(String command) {
        return command.equals("evalsha") ? fake.commands.last(command) : fake.subscriptions.last(command);
    }

    private void answer(String command) {
        sent(command)
                .answer(
                        switch (command) {
                            case "evalsha" -> List.of("".getBytes(US_ASCII));
                            case "mget" -> List.of();
                            default -> "OK";
                        });
    }

    @Test
    void link_isComplete_whenRedisHasAnsweredEveryCommand() {
        send(probes);
        assertThat(fake.subscriptions.names())
                .containsExactly("info", "subscribe", "ping", "mget", "unsubscribe", "ping");
        Proof.Probe probe = Objects.requireNonNull(link.probe());
        assertThat(published().partition).isEqualTo(probe.partition());
        for (String command : List.of("evalsha", "mget", "unsubscribe", "ping")) {
            answer(command);
            assertThat(trouble()).isNotNull();
        }
        published().complete();
        assertThat(trouble()).isNull();
        assertThat(published().kept).isTrue();
        link.onProbeRefused("as this test wants it");
        link.onProbe(published().id);
        assertThat(link.proof().isProved()).as("by the message of the probe").isTrue();

        probes.send(link);
        probes.onMoved();
        assertThat(link.probe()).as("it serves the partition still").isSameAs(probe);
        link.probe(null);
        probes.onMoved();
        assertThat(link.probe()).isEqualTo(probe);
    }

    @Test
    void historyIsNotTried_whenNoChannelHasOne() {
        send(probes(null));
        assertThat(fake.commands.names()).doesNotContain("evalsha");
        List.of("mget", "unsubscribe", "ping").forEach(this::answer);
        published().complete();

        assertThat(published().kept).isFalse();
        assertThat(trouble()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"evalsha,history.lua", "mget,MGET", "unsubscribe,UNSUBSCRIBE", "ping,PING"})
    void refusedCommand_isTrouble_withItsName(String refused, String name) {
        send(probes);
        published().complete();
        sent(refused)
                .fail(new RedisCommandExecutionException(
                        "NOPERM no script: " + "0a".repeat(20) + ", on @user_script:1."));
        for (String command : List.of("evalsha", "mget", "unsubscribe", "ping")) {
            if (!command.equals(refused)) {
                answer(command);
            }
        }

        assertThat(trouble()).isEqualTo("redis:6379: refused: NOPERM no [" + name + "]");
    }

    @Test
    void lostAnswer_provesNothing() {
        send(probes);
        published().complete();
        List.of("evalsha", "mget", "unsubscribe").forEach(this::answer);
        sent("ping").fail(new RedisConnectionException("gone"));

        assertThat(trouble()).contains("not all needed commands have been tried yet");
    }

    @Test
    void refusedPublish_isTrouble_andItsSubscribeToo() {
        send(probes);
        fail(published(), "OOM command not allowed");
        assertThat(trouble()).isEqualTo("redis:6379: refused: OOM command not allowed");
        sent("subscribe").fail(new RedisCommandExecutionException("NOPERM topic"));
        assertThat(trouble()).isEqualTo("redis:6379: refused: NOPERM topic");
        List.of("evalsha", "mget", "unsubscribe", "ping").forEach(this::answer);
        assertThat(trouble()).isEqualTo("redis:6379: refused: NOPERM topic");
    }

    /** Another probe is sent for a partition that the link serves. */
    @ParameterizedTest
    @ValueSource(strings = {"MOVED 3 10.0.0.1:6379", "ASK 3 10.0.0.1:6379", "TRYAGAIN Multiple keys"})
    void partitionThatHasMoved_isNoRefusal(String error) {
        send(probes);
        fail(published(), error);
        assertThat(link.probe()).isNull();
        assertThat(trouble()).contains("not all needed commands have been tried yet");
        assertThat(probes.send(link)).isTrue();
        sent("mget").fail(new RedisCommandExecutionException(error));
        assertThat(link.probe()).isNull();
        assertThat(trouble()).contains("not all needed commands have been tried yet");
    }

    @Test
    void probeThatCouldNotBeKept_isTrouble() {
        send(probes);
        byte[] reply = "e-1\nOOM command not allowed (XADD)".getBytes(US_ASCII);
        published().getOutput().set(ByteBuffer.wrap(reply));
        published().complete();

        assertThat(trouble()).isEqualTo("redis:6379: refused: OOM command not allowed (XADD)");
    }
}
