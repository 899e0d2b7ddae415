package dev.broadcaster.hub;

import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Messages of one channel, from the relay to all of its subscribers, without a socket; time per message. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HubBenchmark {
    @Param({"1", "1000"})
    public int subscribers;

    private final Tasks thread = new Tasks();
    private final Metrics metrics = new Metrics();
    private final MemoryBudget budget = new MemoryBudget(1L << 40, metrics);
    private final LocalRelay relay =
            new LocalRelay(Time.SYSTEM, new MessageIds(Time.SYSTEM, 1), new Timestamps(), HistoryConfig.NONE, budget);
    private final Hub hub = new Hub(
            relay,
            List.of(thread),
            budget.account(Purpose.FANOUT),
            budget.account(Purpose.SUBSCRIPTIONS),
            Time.SYSTEM,
            metrics);
    private final Message message = new Message(
            "01M85AP39VQDNA978MT4J2WDT6",
            "2026-01-31T12:00:00.000Z",
            "chat:lobby",
            "\"greeting\"".getBytes(StandardCharsets.UTF_8),
            ('"' + "x".repeat(148) + '"').getBytes(StandardCharsets.UTF_8));
    private final Reader[] readers = new Reader[1000];

    @Setup
    public void subscribe() {
        relay.start(hub);
        for (int i = 0; i < subscribers; i++) {
            readers[i] = new Reader();
            hub.shards().get(0).subscribe(message.channel(), null, readers[i], new Live());
        }
        thread.runAll();
    }

    @TearDown
    public void verify() {
        metrics.close();
        for (int i = 0; i < subscribers; i++) {
            if (readers[i].seq == 0 || readers[i].seq != readers[0].seq) {
                throw new AssertionError("seq: " + readers[i].seq + " (expected: " + readers[0].seq + ")");
            }
        }
    }

    @Benchmark
    public long fanOut() {
        hub.onMessage(message);
        thread.runAll();
        return readers[0].seq;
    }

    /** Takes messages like a connection, and writes nothing. */
    private static final class Reader implements Subscriber {
        private long seq;
        private boolean touched;

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            seq = batch.position(batch.size() - 1) - base;
            boolean first = !touched;
            touched = true;
            return first;
        }

        @Override
        public void onTurnEnd() {
            touched = false;
        }

        @Override
        public void onRecovered(Batch batch, long base) {
            throw new AssertionError(base);
        }
    }

    private static final class Live implements SubscriptionCallback {
        @Override
        public void onLive(@Nullable Start start) {}

        @Override
        public void onFailed(String reason) {
            throw new AssertionError(reason);
        }
    }

    /** The benchmark's own thread, in the role of the shard's thread. */
    private static final class Tasks implements ShardThread {
        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public boolean isCurrent() {
            return true;
        }

        void runAll() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }
    }
}
