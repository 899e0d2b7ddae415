package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import dev.broadcaster.metrics.Metrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The histories of a lane. */
final class HistoryLogTest {
    private static final byte[] JSON = "1".getBytes(UTF_8);
    private static final HistoryConfig.Rule RULE = new HistoryConfig.Rule("", 20_000, Duration.ofSeconds(10));
    private static final long EXPIRED = Duration.ofSeconds(11).toNanos();
    private static final long FORGOTTEN = Duration.ofMinutes(61).toNanos();

    private final Metrics metrics = new Metrics();
    private final Account account = new MemoryBudget(1L << 40, metrics).account(Purpose.HISTORY);
    private int epochs;
    private final HistoryLogs logs = new HistoryLogs(() -> "epoch" + epochs++, account);

    @AfterEach
    void close() {
        metrics.close();
    }

    private HistoryLog publish(String channel, HistoryConfig.Rule rule, long now) {
        HistoryLog log = logs.open(channel, rule, now);
        logs.add(log, new Message(log.nextId().toString(), "t", channel, JSON, JSON), now);
        return log;
    }

    @Test
    void expiredMessages_areDroppedAFewPerCall_allInTheEnd_andAreNotRead() {
        for (int i = 0; i < 10_000; i++) {
            publish("a", RULE, 0);
        }
        long full = account.used();

        publish("b", RULE, EXPIRED);

        assertThat(account.used()).isBetween(full * 9 / 10, full);
        HistoryLog log = logs.open("a", RULE, EXPIRED);
        assertThat(log.kept(EXPIRED)).isZero();
        assertThat(log.newest(10, EXPIRED)).isEmpty();
        assertThat(log.after(new HistoryId("epoch0", 9_999), EXPIRED)).isNull();
        assertThat(log.after(new HistoryId("epoch0", 10_000), EXPIRED)).isEmpty();
        for (int i = 0; i < 400; i++) {
            logs.open("b", RULE, EXPIRED);
        }
        assertThat(account.used()).isLessThan(2_000);
    }

    @Test
    void expiredMessagesOfAForgottenCounter_areNotRead_andAreDroppedAFewPerCall() {
        for (int i = 0; i < 10_000; i++) {
            publish("a", RULE, 0);
        }
        long full = account.used();

        HistoryLog log = publish("a", RULE, FORGOTTEN);

        assertThat(account.used()).isBetween(full * 9 / 10, full);
        assertThat(log.lastId()).isEqualTo(new HistoryId("epoch1", 1));
        assertThat(log.newest(10, FORGOTTEN)).extracting(Message::id).containsExactly("epoch1-1");
        assertThat(log.after(new HistoryId("epoch1", 0), FORGOTTEN)).hasSize(1);
        assertThat(log.after(new HistoryId("epoch0", 10_000), FORGOTTEN)).isNull();
        for (int i = 0; i < 400; i++) {
            logs.open("a", RULE, FORGOTTEN);
        }
        assertThat(account.used()).isLessThan(2_000);
        logs.delete("a");
        logs.open("b", RULE, FORGOTTEN);
        assertThat(logs.oldestSilent()).isEqualTo(FORGOTTEN);
        logs.delete("b");
        assertThat(account.used()).as("the table of the map stays").isBetween(1L, 200L);
    }

    /** Compares random messages and times with a list of all messages. */
    @Test
    void history_isTheNewestMessages_whateverWasAddedAndHasExpired() {
        long seed = Long.getLong("history.seed", System.nanoTime());
        System.out.println("history.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        int size = 300;
        HistoryConfig.Rule rule = new HistoryConfig.Rule("", size, Duration.ofSeconds(10));
        List<Long> times = new ArrayList<>();
        long now = 0;
        for (int step = 0; step < 50_000; step++) {
            now += random.nextInt(100) == 0 ? random.nextLong(EXPIRED) : random.nextInt(40_000_000);
            if (random.nextBoolean()) {
                publish("a", rule, now);
                times.add(now);
            }
            HistoryLog log = logs.open("a", rule, now);
            int last = times.size();
            int first = last;
            while (first > 0 && last - first < size && now - times.get(first - 1) <= 10_000_000_000L) {
                first--;
            }
            assertThat(log.kept(now)).isEqualTo(last - first);
            int after = Math.max(0, first - 2 + random.nextInt(last - first + 4));
            int limit = 1 + random.nextInt(5);
            HistoryOutcome outcome = log.page(new HistoryId("epoch0", after), limit, 1_000, now);
            if (after < first || after > last) {
                assertThat(outcome).isInstanceOf(HistoryOutcome.NotKept.class);
            } else {
                HistoryOutcome.Page page = (HistoryOutcome.Page) outcome;
                assertThat(page.messages()).hasSize(Math.min(limit, last - after));
                for (int i = 0; i < page.messages().size(); i++) {
                    assertThat(page.messages().get(i).id()).isEqualTo("epoch0-" + (after + i + 1));
                }
                assertThat(page.more()).isEqualTo(after + page.messages().size() < last);
            }
        }
    }
}
