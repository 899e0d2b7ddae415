package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.HistoryOutcome;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisNoScriptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The outcomes of requests for histories, by the answers of Redis. */
final class HistoryRequestsTest {
    private static final String KEPT = "kept:a";
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1))));
    private static final byte[] TAIL = Envelope.tail("id", "t", true, bytes("\"e\""), bytes("1"));

    private final FakeLink fake = new FakeLink();
    private final FakeConnection commands = fake.commands;
    private final List<HistoryOutcome> outcomes = new ArrayList<>();
    private final HistoryRequests requests = new HistoryRequests(
            HISTORY,
            fake.names,
            fake.topology,
            fake.histories,
            new StateCommands(fake.topology, fake::wake, fake.time),
            "server"::equals,
            fake.time);

    @AfterEach
    void close() {
        fake.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    /** The reply of history.lua: the counter, then messages with these offsets. */
    private static List<Object> page(String counter, long... offsets) {
        List<Object> reply = new ArrayList<>(List.of(bytes(counter)));
        for (long offset : offsets) {
            reply.add(bytes(Long.toString(offset)));
            reply.add(bytes("1000"));
            reply.add(TAIL);
        }
        return reply;
    }

    private void answer(Object reply) {
        commands.last("evalsha").answer(reply);
    }

    private String outcome() {
        assertThat(outcomes).hasSize(1);
        HistoryOutcome outcome = outcomes.remove(0);
        if (outcome instanceof HistoryOutcome.Page page) {
            return page.messages().stream().map(Message::id).toList() + (page.more() ? " and more" : "");
        }
        return outcome instanceof HistoryOutcome.Failed failed ? "failed: " + failed.reason() : outcome.toString();
    }

    @Test
    void everyRequest_isAnsweredWithoutRedis_whenTheChannelHasNoHistory() {
        requests.read("a", null, 10, outcomes::add);
        requests.extent("a", outcomes::add);
        requests.delete("a", outcomes::add);

        assertThat(outcomes).hasSize(3).allMatch(HistoryOutcome.NoHistory.class::isInstance);
    }

    @Test
    void everyRequest_fails_whileTheLinkIsNotProved() {
        fake.connect();
        requests.read(KEPT, null, 10, outcomes::add);
        requests.extent(KEPT, outcomes::add);
        requests.delete(KEPT, outcomes::add);

        HistoryOutcome away = new HistoryOutcome.Failed(Reasons.AWAY);
        assertThat(outcomes).containsExactly(away, away, away);
        assertThat(commands.names()).doesNotContain("evalsha", "del");
    }

    @Test
    void read_hasTheMessagesAfterTheId_upToTheLimit() {
        fake.prove();
        requests.read(KEPT, null, 2, outcomes::add);
        answer(page("E 8 server", 6, 7, 8));
        assertThat(outcome()).isEqualTo("[E-6, E-7] and more");

        requests.read(KEPT, "E-6", 2, outcomes::add);
        answer(page("E 8 server", 7, 8));
        assertThat(outcome()).isEqualTo("[E-7, E-8]");
        Object[] values = (Object[]) commands.last("evalsha").arguments().get(3);
        assertThat(values[0]).as("the first offset").isEqualTo(bytes("7"));
        assertThat(values[2])
                .as("one more than the limit, to know if more follow")
                .isEqualTo(bytes("3"));
        assertThat(values).as("no counter is created").hasSize(4);
    }

    @Test
    void read_isNotKept_whenTheIdIsNone_orTheHistoryMayLackMessagesAfterIt() {
        fake.prove();
        requests.read(KEPT, "not an id", 10, outcomes::add);
        assertThat(outcome()).contains("NotKept");
        requests.read(KEPT, "E-6", 10, outcomes::add);
        answer(page("E 8 dead", 7, 8));
        assertThat(outcome()).contains("NotKept");
        requests.read(KEPT, null, 10, outcomes::add);
        answer(page("E 8 dead", 7, 8));
        assertThat(outcome()).as("without an id nothing can be missing").isEqualTo("[E-7, E-8]");
    }

    @Test
    void read_fails_withoutTheErrorOfRedis() {
        fake.prove();
        requests.read(KEPT, null, 10, outcomes::add);
        commands.last("evalsha").fail(new RedisCommandExecutionException("NOPERM secret"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.UNREADABLE);
        requests.read(KEPT, null, 10, outcomes::add);
        answer(List.of());
        assertThat(outcome()).as("not a page").isEqualTo("failed: " + Reasons.UNREADABLE);
        requests.read(KEPT, null, 10, outcomes::add);
        commands.last("evalsha").fail(new RedisConnectionException("gone"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.SILENT);
    }

    @Test
    void script_isLoadedAndRunAgain_whenRedisHasForgottenIt() {
        fake.prove();
        requests.extent(KEPT, outcomes::add);
        commands.last("evalsha").fail(new RedisNoScriptException("NOSCRIPT"));
        assertThat(outcomes).isEmpty();
        assertThat(commands.names()).endsWith("scriptLoad", "evalsha");
        answer(List.of(bytes("E 8 server"), bytes("3")));
        assertThat(outcome()).isEqualTo(new HistoryOutcome.Extent(3, "E-8").toString());

        requests.read(KEPT, null, 10, outcomes::add);
        commands.last("evalsha").fail(new RedisNoScriptException("NOSCRIPT"));
        assertThat(commands.names()).endsWith("scriptLoad", "evalsha");
        answer(page("E 8 server", 8));
        assertThat(outcome()).isEqualTo("[E-8]");
    }

    @Test
    void extent_isZero_whenThereIsNoCounter() {
        fake.prove();
        requests.extent(KEPT, outcomes::add);
        answer(List.of(bytes(""), bytes("0")));

        assertThat(outcome()).isEqualTo(new HistoryOutcome.Extent(0, null).toString());
    }

    @Test
    void extent_fails_whenRedisRefuses_isGone_orRepliesWithSomethingElse() {
        fake.prove();
        requests.extent(KEPT, outcomes::add);
        commands.last("evalsha").fail(new RedisCommandExecutionException("NOPERM secret"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.REFUSED);
        requests.extent(KEPT, outcomes::add);
        commands.last("evalsha").fail(new RedisConnectionException("gone"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.AWAY);
        requests.extent(KEPT, outcomes::add);
        answer(List.of(bytes("E 8 server")));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.AWAY);
        requests.extent(KEPT, outcomes::add);
        answer(List.of(8L, 3L));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.REFUSED);
    }

    @Test
    void delete_deletesCounterAndHistory() {
        fake.prove();
        requests.delete(KEPT, outcomes::add);
        FakeConnection.Sent sent = commands.last("del");
        int partition = KeyNames.partition(KEPT);
        assertThat((String[]) sent.arguments().get(0))
                .containsExactly(fake.names.counter(partition, KEPT), fake.names.history(partition, KEPT));
        assertThat(outcomes).isEmpty();
        sent.answer(2L);
        assertThat(outcome()).contains("Deleted");

        requests.delete(KEPT, outcomes::add);
        commands.last("del").fail(new RedisCommandExecutionException("NOPERM secret"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.REFUSED);
        requests.delete(KEPT, outcomes::add);
        commands.last("del").fail(new RedisConnectionException("gone"));
        assertThat(outcome()).isEqualTo("failed: " + Reasons.AWAY);
    }

    private void assertWoken(Runnable step) {
        int before = fake.wakes;
        step.run();
        assertThat(fake.wakes).isGreaterThan(before);
    }

    /** Otherwise the command is not sent before the next tick. */
    @Test
    void loop_isWoken_byEachCommand_andEachAnswerAboutTheState() {
        fake.prove();
        RedisNoScriptException forgotten = new RedisNoScriptException("NOSCRIPT");
        assertWoken(() -> requests.read(KEPT, null, 10, outcomes::add));
        assertWoken(() -> commands.last("evalsha").fail(forgotten));
        assertWoken(() -> requests.extent(KEPT, outcomes::add));
        assertWoken(() -> commands.last("evalsha").fail(forgotten));
        assertWoken(() -> answer(List.of(bytes("E 8 server"), bytes("3"))));
        assertWoken(() -> requests.delete(KEPT, outcomes::add));
        assertWoken(() -> commands.last("del").answer(2L));
    }
}
