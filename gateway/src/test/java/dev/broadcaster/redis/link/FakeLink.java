package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.testing.FakeTime;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A link over two connections that the test answers. Its probes are called {@code probe}. */
final class FakeLink implements AutoCloseable {
    final FakeTime time = new FakeTime();
    final Metrics metrics = new Metrics();
    final KeyNames names = new KeyNames("b", 0);
    final FakeConnection commands = new FakeConnection();
    final FakeConnection subscriptions = new FakeConnection();
    final HistoryCommands histories = new HistoryCommands(names, () -> "epoch", this::wake, time);
    final Link link = new Link(
            "redis:6379",
            new LinkContext(
                    ImmediateEventExecutor.INSTANCE,
                    names,
                    false,
                    histories,
                    this::wake,
                    time,
                    new SplittableRandom(1),
                    metrics.relay()),
            () -> CompletableFuture.completedFuture(commands.forCommands()),
            () -> CompletableFuture.completedFuture(subscriptions.forSubscriptions()),
            new Owner());
    final Topology topology = new Topology.Single(link);
    int probes;
    int wakes;

    private final class Owner implements LinkOwner {
        @Override
        public void onSubscriptionsUp(Link up, StatefulRedisPubSubConnection<CharSequence, Object> connection) {}

        @Override
        public void onSubscriptionsDown(Link down) {}

        @Override
        public void onCommandsUp(Link up, StatefulRedisConnection<CharSequence, Object> connection) {}

        @Override
        public void onLate(Link late) {}

        @Override
        public void onRefused(Link by, String error) {}

        @Override
        public boolean sendProbe(Link by) {
            probes++;
            by.onProbeSent("probe");
            return true;
        }
    }

    void wake() {
        wakes++;
    }

    void connect() {
        link.onTick(time.nanos());
    }

    /** Connects, and does everything that lets the link be used. */
    void prove() {
        connect();
        subscriptions.last("info").answer("run_id:server\r\n");
        link.onProbe("probe");
        link.onComplete();
        link.flush();
        assertThat(link.trouble(time.nanos())).isNull();
    }

    @Override
    public void close() {
        metrics.close();
    }
}
