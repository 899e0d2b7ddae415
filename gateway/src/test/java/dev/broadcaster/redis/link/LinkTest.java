package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.testing.FakeTime;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The times at which a link connects and gives up its connections, and the problems that it reports. */
final class LinkTest {
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final List<String> told = new ArrayList<>();
    private final List<FakeConnection> connections = new ArrayList<>(); // for commands and for subscriptions, in turn
    private boolean refuses;
    private boolean serves = true;
    private int probes;
    private int attempts;

    private final LinkOwner owner = new LinkOwner() {
        @Override
        public void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<String, Object> connection) {
            told.add("subscriptions up");
        }

        @Override
        public void onSubscriptionsDown(Link link) {
            told.add("subscriptions down");
        }

        @Override
        public void onCommandsUp(Link link, StatefulRedisConnection<String, Object> connection) {
            told.add("commands up");
        }

        @Override
        public void onLate(Link link) {
            told.add("late");
        }

        @Override
        public void onRefused(Link link, String error) {
            told.add("refused: " + error);
        }

        @Override
        public boolean sendProbe(Link link) {
            if (serves) {
                link.onProbeSent("probe " + ++probes);
            }
            return serves;
        }
    };
    private final KeyNames names = new KeyNames("b", 0);
    private final Link link = new Link(
            "redis:6379",
            new LinkContext(
                    ImmediateEventExecutor.INSTANCE,
                    names,
                    false,
                    new HistoryCommands(names, () -> "epoch", () -> {}, time),
                    () -> {},
                    time,
                    new SplittableRandom(1),
                    metrics.relay()),
            () -> connect().thenApply(FakeConnection::forCommands),
            () -> connect().thenApply(FakeConnection::forSubscriptions),
            owner);

    @AfterEach
    void close() {
        metrics.close();
    }

    private CompletionStage<FakeConnection> connect() {
        attempts++;
        if (refuses) {
            return CompletableFuture.failedFuture(new RedisConnectionException("Connection refused"));
        }
        FakeConnection connection = new FakeConnection();
        connections.add(connection);
        return CompletableFuture.completedFuture(connection);
    }

    private void tick(long millis) {
        time.advance(Duration.ofMillis(millis));
        link.onTick(time.nanos());
    }

    private String trouble() {
        return link.trouble(time.nanos());
    }

    /** Connected, proved, complete, and with its channels subscribed. */
    private void prove() {
        tick(0);
        connections.get(connections.size() - 1).last("info").answer("run_id:0123456789abcdef\r\n");
        tick(0);
        link.onProbe("probe " + probes);
        link.onComplete();
        link.flush();
        assertThat(trouble()).isNull();
    }

    @Test
    void link_isReady_afterTheLastStep() {
        assertThat(trouble()).isEqualTo("redis:6379: connecting");
        tick(0);
        assertThat(told).containsExactly("commands up", "subscriptions up");
        assertThat(trouble()).isEqualTo("redis:6379: connected, but no probe has returned yet");
        assertThat(probes).isEqualTo(1);
        link.onProbe("probe of an earlier connection");
        assertThat(trouble()).contains("no probe");
        link.onProbe("probe 1");
        assertThat(trouble()).contains("not all needed commands");
        link.onComplete();
        link.flush();
        assertThat(trouble()).isEqualTo("redis:6379: subscribing again");
        connections.get(1).last("info").answer("run_id:0123456789abcdef\r\n");
        link.flush();

        assertThat(trouble()).isNull();
        assertThat(link.source().serverId()).isEqualTo("0123456789abcdef");
        assertThat(connections).allMatch(connection -> connection.flushes == 2);
    }

    @Test
    void link_reconnects_afterADelayThatDoubles_upToASecond() {
        refuses = true;
        tick(0);
        assertThat(attempts).isEqualTo(2);
        assertThat(trouble()).isEqualTo("redis:6379: Connection refused");
        for (int i = 0; i < 50; i++) {
            tick(1);
        }
        assertThat(attempts).as("each once or twice in the first 50 ms").isBetween(4, 6);
        for (int i = 0; i < 3_000; i++) {
            tick(1);
        }
        int before = attempts;
        for (int i = 0; i < 10_000; i++) {
            tick(1);
        }
        assertThat(attempts - before).as("each once or twice per second").isBetween(20, 40);

        refuses = false;
        tick(1_000);
        assertThat(told).containsExactly("commands up", "subscriptions up");
    }

    @Test
    void link_isNotProved_whenAConnectionIsLost_andIsProvedByANewProbe() {
        prove();
        connections.get(1).end();
        assertThat(told).endsWith("subscriptions down");
        assertThat(trouble()).isNotNull();
        assertThat(link.subscriptions()).isNull();
        assertThat(link.source().serverId()).isEmpty();
        tick(1_100);
        assertThat(told).endsWith("subscriptions up");
        assertThat(link.commands()).as("the other connection stays").isNotNull();
        link.onProbe("probe 1");
        assertThat(trouble()).contains("no probe has returned yet");
        prove();
    }

    @Test
    void link_isClosed_afterSixSecondsOfSilence() {
        prove();
        for (int i = 0; i < 60; i++) {
            tick(100);
        }
        assertThat(trouble()).contains("no probe of the last");
        assertThat(connections).noneMatch(connection -> connection.closed);
        tick(100);
        assertThat(connections).allMatch(connection -> connection.closed);
        assertThat(told).endsWith("subscriptions down");
        assertThat(trouble()).isEqualTo("redis:6379: silent");
    }

    @Test
    void link_isReportedLate_whenAProbeReturnsAfterASecond() {
        prove();
        tick(1_000);
        time.advance(Duration.ofSeconds(1));
        link.onProbe("probe " + probes);

        assertThat(told).endsWith("late");
        assertThat(link.source().isLate(time.nanos())).isTrue();
        time.advance(Duration.ofSeconds(5));
        assertThat(link.source().isLate(time.nanos())).isFalse();
    }

    @Test
    void link_withoutAPartition_isNotClosed() {
        prove();
        serves = false;
        for (int i = 0; i < 200; i++) {
            tick(100);
        }
        assertThat(connections).noneMatch(connection -> connection.closed);
    }

    @Test
    void refusals_areTrouble_untilAProbeIsComplete() {
        prove();
        link.onLacking("refused: NOPERM [MGET]");
        assertThat(trouble()).isEqualTo("redis:6379: refused: NOPERM [MGET]");
        link.onComplete();
        assertThat(trouble()).isNull();
        link.onProbeRefused("refused: LOADING");
        assertThat(trouble()).isEqualTo("redis:6379: refused: LOADING");
        link.onRefused("NOPERM a publish");
        assertThat(told).endsWith("refused: NOPERM a publish");
        link.onReadOnly();
        assertThat(connections).allMatch(connection -> connection.closed);
    }
}
