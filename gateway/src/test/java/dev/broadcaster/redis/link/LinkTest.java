package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.testing.FakeTime;
import io.lettuce.core.RedisCommandExecutionException;
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
    private int wakes;

    private final LinkOwner owner = new LinkOwner() {
        @Override
        public void onSubscriptionsUp(Link link, StatefulRedisPubSubConnection<CharSequence, Object> connection) {
            told.add("subscriptions up");
        }

        @Override
        public void onSubscriptionsDown(Link link) {
            told.add("subscriptions down");
        }

        @Override
        public void onCommandsUp(Link link, StatefulRedisConnection<CharSequence, Object> connection) {
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
                    () -> wakes++,
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
        assertThat(trouble()).isEqualTo("redis:6379: READONLY: this Redis accepts no writes");
    }

    private void assertWakes(int count, Runnable step) {
        int before = wakes;
        step.run();
        assertThat(wakes - before).isEqualTo(count);
    }

    @Test
    void loop_isWoken_whenTheTroubleOfTheLinkMayHaveChanged() {
        tick(0);
        assertWakes(1, () -> link.onProbe("probe 1"));
        assertWakes(1, link::onComplete);
        tick(1_000);
        assertWakes(0, () -> link.onProbe("probe 2"));
        assertWakes(0, link::onComplete);
        assertWakes(1, () -> link.onLacking("refused: NOPERM [MGET]"));
        assertWakes(1, link::onComplete);
        assertWakes(1, () -> link.onProbeRefused("refused: LOADING"));
        assertWakes(1, () -> connections.get(0).end());
    }

    @Test
    void reason_isForgotten_whenTheLinkWorksAgain() {
        prove();
        link.onLacking("refused: NOPERM [MGET]");
        link.onComplete();
        connections.get(1).end();
        assertThat(trouble()).isEqualTo("redis:6379: connecting");
        tick(1_100);
        prove();
        link.onProbeRefused("refused: LOADING");
        tick(1_000);
        link.onProbe("probe " + probes);
        connections.get(0).end();
        assertThat(trouble()).isEqualTo("redis:6379: connecting");
    }

    @Test
    void link_isNotComplete_whenOneOfItsConnectionsIsNew() {
        prove();
        for (int which = 0; which < 2; which++) {
            connections.get(which).end();
            tick(1_100);
            tick(0);
            link.onProbe("probe " + probes);
            assertThat(trouble()).contains("not all needed commands");
            link.onComplete();
        }
        assertThat(metrics.scrape())
                .contains("broadcaster_relay_connects_total{link=\"commands\"} 2.0")
                .contains("broadcaster_relay_connects_total{link=\"subscriptions\"} 2.0");
    }

    @Test
    void probe_isSentOncePerSecond() {
        prove();
        int before = probes;
        for (int i = 0; i < 9; i++) {
            tick(100);
        }
        assertThat(probes).isEqualTo(before);
        tick(100);
        assertThat(probes).isEqualTo(before + 1);
        link.onListening();
        assertThat(probes).as("when it can return").isEqualTo(before + 2);
    }

    @Test
    void pause_isNoSilence() {
        prove();
        time.advance(Duration.ofSeconds(60));
        link.onPause(Duration.ofSeconds(60).toNanos());
        link.onTick(time.nanos());

        assertThat(trouble()).isNull();
        assertThat(connections).noneMatch(connection -> connection.closed);
    }

    @Test
    void delayAfterAFailure_isShortAgain_whenTheLinkWasProved() {
        refuses = true;
        for (int i = 0; i < 100; i++) {
            tick(100);
        }
        refuses = false;
        tick(1_000);
        prove();
        int before = attempts;
        connections.forEach(FakeConnection::end);
        tick(50);

        assertThat(attempts - before).isEqualTo(2);
    }

    private PublishCommand publish(List<PublishOutcome> outcomes) {
        PublishCommands commands =
                new PublishCommands(false, names, HistoryConfig.NONE, new MessageIds(time, 1), new Timestamps(), time);
        byte[] text = {'"', '"'};
        PublishCommand command = commands.publish(new Publication("a", text, text, null), outcomes::add);
        link.publishes().send(link.commands(), command);
        return command;
    }

    @Test
    void publish_isUnknown_aSecondAfterTheConnectionIsLost_andItsReplyIsIgnored() {
        List<PublishOutcome> outcomes = new ArrayList<>();
        prove();
        link.serverName("server");
        PublishCommand command = publish(outcomes);
        connections.get(0).end();
        assertThat(link.serverName()).isEqualTo(Link.UNKNOWN);
        command.complete();
        assertThat(outcomes).isEmpty();
        tick(1_001);

        assertThat(outcomes).hasSize(1).allMatch(PublishOutcome.Unknown.class::isInstance);
    }

    @Test
    void close_closesTheConnections_andAnswersPublishes() {
        List<PublishOutcome> outcomes = new ArrayList<>();
        prove();
        publish(outcomes);
        link.close();
        assertThat(connections).hasSize(2).allMatch(connection -> connection.closed);
        assertThat(outcomes).hasSize(1).allMatch(PublishOutcome.Unknown.class::isInstance);
        tick(2_000);

        assertThat(connections).as("no new ones").hasSize(2);
    }

    private static final class Reader implements SubscribedChannel {
        @Override
        public ChannelKey key() {
            return new ChannelKey("a", 0, "topic", new HistoryConfig.Rule("", 10, Duration.ofMinutes(1)));
        }

        @Override
        public void onCounter(Source from, Position counter, String server) {}

        @Override
        public void onRefused(Source from) {}

        @Override
        public boolean wants(HistoryReading reading) {
            return true;
        }

        @Override
        public void onPage(HistoryReading reading, HistoryPage page) {}

        @Override
        public void onFailed(HistoryReading reading, String refusal) {}
    }

    /** The server for a counter that a reading creates; null if the reading creates none. */
    private String creator() {
        link.source().readHistory(new Reader(), HistoryReading.toRecover(1, 1), 1);
        Object[] values =
                (Object[]) connections.get(1).last("evalsha").arguments().get(3);
        return values.length < 7 ? null : new String((byte[]) values[5], US_ASCII);
    }

    @Test
    void counter_isCreatedByTheServerOfTheSubscriptions_orIfUnknownByThatOfTheCommands() {
        tick(0);
        assertThat(creator()).isNull();
        link.serverName("commands");
        assertThat(creator()).isEqualTo("commands");
        connections.get(1).last("info").fail(new RedisCommandExecutionException("NOPERM"));
        assertThat(creator()).isEqualTo("commands");
        connections.get(1).end();
        connections.remove(1);
        tick(1_100);
        connections.get(1).last("info").answer("run_id:0123456789abcdef\r\n");
        assertThat(creator()).isEqualTo("0123456789ab");
    }
}
