package dev.broadcaster.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.FakeControl;
import dev.broadcaster.control.Question;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ListedChannel;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.time.Time;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ChannelPagesTest {
    /** The time that each look at the clock takes. */
    private static final long LOOK_NANOS = 60_000;

    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
    private final FakeTime clock = new FakeTime();
    private final Time time = new Time() {
        @Override
        public long nanos() {
            clock.advanceNanos(LOOK_NANOS);
            return clock.nanos();
        }

        @Override
        public long epochMillis() {
            return clock.epochMillis();
        }
    };
    private final FakeControl executor = new FakeControl(clock);
    private final AtomicReference<@Nullable FakeShardThread> running = new AtomicReference<>();
    private final List<FakeShardThread> threads = List.of(new FakeShardThread(running), new FakeShardThread(running));
    private final Hub hub = hub();
    private final ChannelPages pages = new ChannelPages(hub, executor, time);
    private final List<Answer> answers = new ArrayList<>();
    private final List<Long> pauses = new ArrayList<>();

    private Hub hub() {
        LocalRelay relay =
                new LocalRelay(clock, new MessageIds(clock, 1), new Timestamps(), HistoryConfig.NONE, budget);
        Hub made = new Hub(
                relay, threads, budget.account(Purpose.FANOUT), budget.account(Purpose.SUBSCRIPTIONS), clock, metrics);
        relay.start(made);
        return made;
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private Subscription subscribe(int shard, String channel) {
        AtomicReference<@Nullable Subscription> made = new AtomicReference<>();
        threads.get(shard).run(() -> made.set(hub.shards().get(shard).subscribe(channel, null, NOBODY, WHATEVER)));
        return made.get();
    }

    private void unsubscribe(int shard, Subscription subscription) {
        threads.get(shard).run(() -> hub.shards().get(shard).unsubscribe(subscription));
    }

    private static final Subscriber NOBODY = new Subscriber() {
        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            return false;
        }

        @Override
        public void onTurnEnd() {}

        @Override
        public void onRecovered(Batch batch, long base) {}
    };

    private static final SubscriptionCallback WHATEVER = new SubscriptionCallback() {
        @Override
        public void onLive(Start start) {}

        @Override
        public void onFailed(String reason) {}
    };

    private void read(String prefix, String after, int limit) {
        pages.read(new Question.Channels(prefix, after, limit), answers::add);
    }

    /** Runs one step of all threads; false if nothing is left. */
    private boolean step() {
        executor.runAll();
        threads.forEach(FakeShardThread::runAll);
        executor.runAll();
        long pause = executor.runLater();
        if (pause > 0) {
            pauses.add(pause);
        }
        return pause >= 0;
    }

    private Answer page(String prefix, String after, int limit) {
        read(prefix, after, limit);
        runAll();
        return answers.remove(0);
    }

    private void runAll() {
        while (step() || answers.isEmpty()) {
            // the next
        }
    }

    private static List<String> names(Answer page) {
        return page.channels().stream().map(ListedChannel::channel).toList();
    }

    @Test
    void page_hasTheFirstNamesOfItsRange_withTheSubscriptionsOfAllShards() {
        List.of("b:2", "a:1", "b:3", "b:1", "c:1").forEach(name -> subscribe(0, name));
        subscribe(1, "b:2");

        assertThat(page("b:", "", 2))
                .isEqualTo(Answer.ofChannels(List.of(new ListedChannel("b:1", 1), new ListedChannel("b:2", 2)), true));
        assertThat(page("b:", "b:2", 2)).isEqualTo(Answer.ofChannels(List.of(new ListedChannel("b:3", 1)), false));
        assertThat(page("", "b:3", 5)).isEqualTo(Answer.ofChannels(List.of(new ListedChannel("c:1", 1)), false));
        assertThat(page("d", "", 5)).isEqualTo(Answer.ofChannels(List.of(), false));
        assertThat(names(page("", "", 5))).containsExactly("a:1", "b:1", "b:2", "b:3", "c:1");
    }

    @Test
    void pages_haveEachChannelThatStaysOnce_whileOthersComeAndGo() {
        SplittableRandom random = new SplittableRandom(7);
        List<String> staying =
                IntStream.range(0, 400).mapToObj(i -> "s:" + (1000 + i)).toList();
        staying.forEach(name -> subscribe(random.nextInt(2), name));
        Queue<Subscription> others = new ArrayDeque<>();
        List<String> listed = new ArrayList<>();
        boolean more = true;
        for (int round = 0; more; round++) {
            read("", listed.isEmpty() ? "" : listed.get(listed.size() - 1), 33);
            do {
                others.add(subscribe(0, "s:" + (1000 + random.nextInt(400)) + ":" + round + "x" + others.size()));
                if (others.size() > 20) {
                    unsubscribe(0, others.remove());
                }
            } while (step() || answers.isEmpty());
            Answer page = answers.remove(0);
            more = page.more();
            listed.addAll(names(page));
        }

        assertThat(listed).isSorted().doesNotHaveDuplicates().containsAll(staying);
    }

    @Test
    void channelsThatAreLeft_beforeTheyAreCounted_areReplacedByTheNext() {
        List<Subscription> some =
                IntStream.range(0, 10).mapToObj(i -> subscribe(0, "a:" + i)).toList();
        subscribe(0, "b");
        subscribe(0, "c");
        read("", "", 5);
        executor.runAll(); // the names are read
        some.forEach(subscription -> unsubscribe(0, subscription));

        runAll();

        assertThat(names(answers.get(0))).containsExactly("b", "c");
        assertThat(answers.get(0).more()).isFalse();
    }

    @Test
    void names_areReadInSlices_withLongerPausesBetween() {
        IntStream.range(0, 1_000).forEach(i -> subscribe(0, "a:" + i));

        assertThat(names(page("", "", 1_000))).hasSize(1_000);

        assertThat(pauses).hasSizeGreaterThan(10).allMatch(pause -> pause >= 9 * 100_000L);
    }

    @Test
    void pauses_areShort_whenTheQuestionHasWaitedForLong() {
        IntStream.range(0, 20_000).forEach(i -> subscribe(0, "a:" + i));

        read("", "", 1);
        runAll();

        assertThat(pauses.get(0)).isGreaterThanOrEqualTo(900_000L);
        assertThat(pauses.get(pauses.size() - 1)).isLessThanOrEqualTo(200_000L);
    }

    @Test
    void questionsThatWait_shareAPass() {
        IntStream.range(0, 1_000).forEach(i -> subscribe(0, "a:" + i));
        read("", "", 10);
        runAll();
        int pausesOfOne = pauses.size();
        pauses.clear();
        answers.clear();

        read("", "", 10);
        executor.runAll(); // it has begun
        IntStream.range(0, 20).forEach(i -> read("", "a:" + i, 10));
        while (step() || answers.size() < 21) {
            // the next
        }

        assertThat(answers).hasSize(21);
        assertThat(pauses).hasSizeLessThanOrEqualTo(2 * pausesOfOne + 2);
    }
}
