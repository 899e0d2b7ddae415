package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The commands on a connection for subscriptions, and the channels that get the answers. */
final class SubscriptionCommandsTest {
    private static final byte[] EVENT = bytes("\"e\"");
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1))));

    private final FakeLink fake = new FakeLink(); // only its parts
    private final List<String> told = new ArrayList<>();
    private final Publishes publishes = new Publishes(fake.time, fake.metrics.relay(), new Publishes.Listener() {
        @Override
        public void onRefused(String error) {}

        @Override
        public void onIncomplete(String problem) {}
    });
    private final FakeConnection connection = new FakeConnection();
    private @Nullable String creator = "creator";
    private int wakes;

    @AfterEach
    void close() {
        fake.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(US_ASCII);
    }

    private SubscriptionCommands commands(boolean sharded) {
        return new SubscriptionCommands(
                "redis:6379",
                fake.names,
                sharded,
                fake.histories,
                () -> creator,
                publishes,
                new Proof(),
                () -> wakes++);
    }

    /** Connected, and the server is known. */
    private SubscriptionCommands up(boolean sharded) {
        SubscriptionCommands commands = commands(sharded);
        commands.onUp(connection.forSubscriptions());
        connection.last("info").answer("run_id:server\r\n");
        return commands;
    }

    /** A channel that tells what it is called with. */
    private final class FakeChannel implements SubscribedChannel {
        private final ChannelKey key;
        boolean wants = true;

        FakeChannel(String name) {
            key = ChannelKey.of(name, fake.names, HISTORY);
        }

        @Override
        public ChannelKey key() {
            return key;
        }

        @Override
        public void onCounter(Source from, Position counter, String server) {
            told.add(key.name() + " is at " + counter.id() + " of " + server);
        }

        @Override
        public void onRefused(Source from) {
            told.add(key.name() + " refused");
        }

        @Override
        public boolean wants(HistoryReading reading) {
            return wants;
        }

        @Override
        public void onPage(HistoryReading reading, HistoryPage page) {
            told.add(key.name() + " read " + page.counter().id());
        }

        @Override
        public void onFailed(HistoryReading reading, @Nullable String refusal) {
            told.add(key.name() + " failed: " + refusal);
        }
    }

    private static KeyValue<CharSequence, Object> counter(String value) {
        return KeyValue.just("counter", bytes(value));
    }

    private String topic(String channel) {
        return fake.names.topic(KeyNames.partition(channel), channel);
    }

    private static int size(FakeConnection.Sent sent) {
        return ((String[]) sent.arguments().get(0)).length;
    }

    private List<Integer> sizes(String command) {
        return connection.sent.stream()
                .filter(sent -> sent.name().equals(command))
                .map(SubscriptionCommandsTest::size)
                .toList();
    }

    @Test
    void counters_areReadAfterTheSubscribe_andToldToTheirChannels() {
        SubscriptionCommands commands = commands(false);
        commands.onUp(connection.forSubscriptions());
        commands.subscribe(List.of(new FakeChannel("a"), new FakeChannel("b")));
        assertThat(connection.names()).containsExactly("info", "subscribe", "mget");
        assertThat((String[]) connection.last("subscribe").arguments().get(0)).containsExactly(topic("a"), topic("b"));
        assertThat((String[]) connection.last("mget").arguments().get(0))
                .containsExactly(
                        fake.names.counter(KeyNames.partition("a"), "a"),
                        fake.names.counter(KeyNames.partition("b"), "b"));
        assertThat(commands.isAnswered()).isFalse();
        connection.last("info").answer("run_id:server\r\n");
        assertThat(commands.isAnswered()).isFalse();
        assertThat(wakes).isEqualTo(1);
        connection.last("mget").answer(List.of(counter("e 5 x"), KeyValue.empty("counter")));

        assertThat(told).containsExactly("a is at e-5 of server", "b is at null of server");
        assertThat(commands.isAnswered()).isTrue();
        assertThat(wakes).isEqualTo(2);
    }

    @Test
    void channels_areRefused_whenTheirCountersCannotBeRead_orThereIsNoConnection() {
        SubscriptionCommands commands = up(false);
        List<FakeChannel> both = List.of(new FakeChannel("a"), new FakeChannel("b"));
        commands.subscribe(both);
        connection.last("mget").fail(new RedisCommandExecutionException("NOPERM"));
        commands.subscribe(both);
        connection.last("mget").answer(List.of(counter("e 5 x")));
        commands.onDown();
        commands.subscribe(both);
        commands.readCounter(both.get(0));

        assertThat(told)
                .containsExactly(
                        "a refused", "b refused", "a refused", "b refused", "a refused", "b refused", "a refused");
        assertThat(commands.isAnswered()).isTrue();
    }

    @Test
    void answersOfAnEarlierConnection_areIgnored() {
        SubscriptionCommands commands = up(false);
        FakeChannel channel = new FakeChannel("kept:a");
        commands.readCounter(channel);
        commands.readHistory(channel, HistoryReading.toRepair(1), 1);
        commands.onDown();
        FakeConnection next = new FakeConnection();
        commands.onUp(next.forSubscriptions());
        connection.last("mget").answer(List.of(counter("e 5 x")));
        assertThat(told).isEmpty();
        assertThat(commands.serverId()).isEmpty();
        assertThat(commands.isAnswered()).as("the next server is not known").isFalse();

        next.last("info").answer("run_id:next\r\n");
        assertThat(commands.serverId()).isEqualTo("next");
        assertThat(commands.isAnswered()).isTrue();
    }

    @Test
    void server_hasANewNamePerConnection_whenRedisDoesNotTellIt() {
        SubscriptionCommands commands = commands(false);
        for (int i = 0; i < 2; i++) {
            FakeConnection next = new FakeConnection();
            commands.onUp(next.forSubscriptions());
            next.last("info").fail(new RedisCommandExecutionException("NOPERM"));
            told.add(commands.serverId());
            commands.onDown();
        }

        assertThat(told).containsExactly("unknown 0", "unknown 1");
    }

    @Test
    void batches_haveAtMost1000Channels() {
        up(false)
                .subscribe(IntStream.range(0, 2_001)
                        .mapToObj(i -> new FakeChannel("a" + i))
                        .toList());

        assertThat(sizes("subscribe")).containsExactly(1_000, 1_000, 1);
        assertThat(sizes("mget")).containsExactly(1_000, 1_000, 1);
    }

    @Test
    void batches_areOfOneSlotEach_inACluster() {
        FakeChannel first = new FakeChannel("a");
        FakeChannel second = IntStream.range(0, 100)
                .mapToObj(i -> new FakeChannel("b" + i))
                .filter(channel -> channel.key.partition() != first.key.partition())
                .findFirst()
                .orElseThrow();
        SubscriptionCommands commands = up(true);
        commands.subscribe(List.of(first, second, first));
        commands.unsubscribe(List.of(first, second, first));

        assertThat(sizes("ssubscribe")).containsExactlyInAnyOrder(2, 1);
        assertThat(sizes("mget")).containsExactlyInAnyOrder(2, 1);
        assertThat(sizes("sunsubscribe")).containsExactlyInAnyOrder(2, 1);
        assertThat(connection.names()).doesNotContain("subscribe", "unsubscribe");
    }

    /** Lettuce takes the first push of a subscription for the answer to the next SUBSCRIBE. */
    @Test
    void anotherCommand_followsEachUnsubscribe_andTheSubscribeOfAProbe() {
        SubscriptionCommands commands = up(false);
        commands.unsubscribe(List.of(new FakeChannel("a")));
        assertThat(connection.names()).containsExactly("info", "unsubscribe", "ping");
        commands.subscribeProbe("topic", told::add);
        assertThat(connection.names()).endsWith("subscribe", "ping");
        connection.last("subscribe").fail(new RedisCommandExecutionException("NOPERM"));
        commands.tryAll(new Proof.Probe(3, "channel", "topic"), (name, answer) -> told.add(name));
        assertThat(connection.names()).endsWith("mget", "unsubscribe", "ping");
        assertThat(told).containsExactly("refused: NOPERM", "MGET", "UNSUBSCRIBE", "PING");

        commands.subscribeProbe("topic", told::add);
        connection.last("subscribe").fail(new RedisConnectionException("gone"));
        commands.subscribeProbe("topic", told::add);
        commands.onDown();
        connection.last("subscribe").fail(new RedisCommandExecutionException("NOPERM"));
        commands.unsubscribe(List.of(new FakeChannel("a")));
        commands.subscribeProbe("topic", told::add);
        commands.tryAll(new Proof.Probe(3, "channel", "topic"), (name, answer) -> told.add(name));
        assertThat(told).as("of a refusal on this connection only").hasSize(4);
    }

    private FakeConnection.Sent page(int number) {
        return connection.sent.stream()
                .filter(sent -> sent.name().equals("evalsha"))
                .toList()
                .get(number);
    }

    private long pages() {
        return connection.names().stream().filter("evalsha"::equals).count();
    }

    @Test
    void readings_areAtMostEightAtATime_andSkippedWhenNoLongerWanted() {
        SubscriptionCommands commands = up(false);
        List<FakeChannel> channels = IntStream.range(0, 11)
                .mapToObj(i -> new FakeChannel("kept:" + i))
                .toList();
        channels.forEach(channel -> commands.readHistory(channel, HistoryReading.toRepair(1), 1));
        assertThat(pages()).isEqualTo(8);
        channels.get(8).wants = false;
        channels.get(0).wants = false;
        page(0).answer(List.of(bytes("e 5 x")));
        assertThat(told).isEmpty();
        assertThat(pages()).isEqualTo(9);
        page(1).fail(new RedisCommandExecutionException("NOPERM"));
        assertThat(pages()).isEqualTo(10);
        page(2).fail(new RedisConnectionException("gone"));
        page(9).answer(List.of(bytes("e 5 x")));

        assertThat(told).containsExactly("kept:1 failed: NOPERM", "kept:2 failed: null", "kept:10 read e-5");
        assertThat(pages()).as("of 10 that are wanted").isEqualTo(10);
    }

    @Test
    void readings_areForgotten_whenTheConnectionEnds() {
        SubscriptionCommands commands = up(false);
        for (int i = 0; i < 9; i++) {
            commands.readHistory(new FakeChannel("kept:" + i), HistoryReading.toRepair(1), 1);
        }
        commands.onDown();
        page(0).fail(new RedisConnectionException("gone"));
        assertThat(told).containsExactly("kept:0 failed: null");
        assertThat(pages()).isEqualTo(8);

        commands.onUp(connection.forSubscriptions());
        for (int i = 0; i < 8; i++) {
            commands.readHistory(new FakeChannel("kept:" + i), HistoryReading.toRepair(1), 1);
        }
        assertThat(pages()).as("the earlier ones are not counted").isEqualTo(16);
    }

    private int arguments(HistoryReading reading) {
        up(false).readHistory(new FakeChannel("kept:a"), reading, 6);
        Object[] values = (Object[]) connection.last("evalsha").arguments().get(3);
        assertThat(values[0]).isEqualTo(bytes("6"));
        return values.length;
    }

    @Test
    void reading_createsACounter_onlyForRecoveries_atAServerWithAName() {
        assertThat(arguments(HistoryReading.toRepair(6))).isEqualTo(4);
        assertThat(arguments(HistoryReading.toRecover(6, 1))).isEqualTo(7);
        creator = null;
        assertThat(arguments(HistoryReading.toRecover(6, 1))).isEqualTo(4);
    }

    @Test
    void messageOfAPage_answersItsPublish_evenIfThePageIsNotWantedAnyMore() {
        PublishCommands made = new PublishCommands(
                false, fake.names, HISTORY, new MessageIds(fake.time, 1), new Timestamps(), fake.time);
        PublishCommand command = made.publish(
                new Publication("kept:a", EVENT, bytes("1"), null), outcome -> told.add(outcome.toString()));
        publishes.send(connection.forSubscriptions(), command);
        FakeChannel channel = new FakeChannel("kept:a");
        up(false).readHistory(channel, HistoryReading.toRepair(1), 1);
        channel.wants = false;
        byte[] tail = Envelope.tail(command.id, "t", true, EVENT, bytes("1"));
        connection.last("evalsha").answer(List.of(bytes("e 5 x"), bytes("5"), bytes("1000"), tail));

        assertThat(told).hasSize(1).allMatch(outcome -> outcome.contains("Accepted") && outcome.contains("e-5"));
    }

    @Test
    void readings_areNotKept_whileThereIsNoConnection() {
        SubscriptionCommands commands = commands(false);
        commands.readHistory(new FakeChannel("kept:a"), HistoryReading.toRepair(1), 1);
        commands.onUp(connection.forSubscriptions());
        commands.readHistory(new FakeChannel("kept:b"), HistoryReading.toRepair(1), 1);

        assertThat(pages()).isEqualTo(1);
    }
}
