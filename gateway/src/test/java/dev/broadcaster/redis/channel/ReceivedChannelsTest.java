package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.link.Source;
import dev.broadcaster.redis.link.Sources;
import dev.broadcaster.redis.link.SubscribedChannel;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.redis.wire.Reasons;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The places and times of subscriptions, and the channels that get an event. */
final class ReceivedChannelsTest {
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final List<String> told = new ArrayList<>();
    private final FakeSource source = new FakeSource();
    private final KeyNames names = new KeyNames("prefix", 3);
    private boolean connected = true;
    private final Sources sources = new Sources() {
        @Override
        public Source serving(int partition) {
            return connected ? source : null;
        }

        @Override
        public boolean isServing(String server) {
            return true;
        }

        @Override
        public String trouble(long now) {
            return connected ? null : "none is connected";
        }
    };
    private final RelayListener listener = new RelayListener() {
        @Override
        public void onMessage(Message message) {
            told.add(message.channel() + ' ' + new String(message.payload(), US_ASCII));
        }

        @Override
        public void onLoss(String channel, long count) {
            told.add(channel + " lost " + count);
        }
    };
    private final Account subscriptions = new MemoryBudget(1_000_000, metrics).account(Purpose.SUBSCRIPTIONS);
    private final ReceivedChannels channels = new ReceivedChannels(
            names,
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1)))),
            sources,
            new Delivery(listener, () -> {}, time, metrics.relay()),
            subscriptions,
            new MemoryBudget(1_000_000, metrics).account(Purpose.HISTORY),
            time,
            metrics.relay());

    @AfterEach
    void close() {
        metrics.close();
    }

    private String topic(String channel) {
        return names.topic(KeyNames.partition(channel), channel);
    }

    private void subscribe(String channel) {
        channels.subscribe(channel, new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                told.add(channel + " subscribed");
            }

            @Override
            public void onFailed(String reason) {
                told.add(channel + ' ' + reason);
            }
        });
    }

    private void push(String channel, long offset) {
        String id = new MessageIds(time, offset).next();
        byte[] payload = Long.toString(offset).getBytes(US_ASCII);
        channels.onMessage(
                source, topic(channel), new Envelope("e", offset, id, "t", false, new byte[] {'"', '"'}, payload));
    }

    /** Redis confirms the subscriptions, and there are no counters. */
    private void confirm() {
        confirmAt(Position.NONE);
    }

    private void confirmAt(Position counter) {
        for (SubscribedChannel channel : source.asked) {
            channels.onSubscribed(source, channel.key().topic());
            channel.onCounter(source, counter, "server");
        }
    }

    private void tick(double seconds) {
        time.advance(Duration.ofMillis((long) (seconds * 1000)));
        channels.onTick(time.nanos());
        channels.askForWanted();
    }

    @Test
    void wantedChannels_areSubscribedTogether_atTheEndOfTheTurn_once() {
        subscribe("a");
        subscribe("a");
        subscribe("b");
        assertThat(source.commands).isEmpty();
        channels.askForWanted();
        channels.askForWanted();
        subscribe("a");
        channels.askForWanted();

        assertThat(source.commands).containsExactly("subscribe a b");
    }

    /** Like the relay. */
    private void leave(String channel) {
        subscriptions.add(ReceivedChannels.bytes(channel, names, HistoryConfig.NONE));
        channels.unsubscribe(channel);
    }

    @Test
    void channelWithoutSubscribers_isCountedUntilItIsReleased_orWantedAgain() {
        subscribe("a");
        subscribe("a");
        leave("a");
        assertThat(subscriptions.used()).as("it is wanted still").isZero();

        leave("a");
        assertThat(subscriptions.used()).isGreaterThan(500);
        subscribe("a");
        assertThat(subscriptions.used()).isZero();

        leave("a");
        tick(9.9);
        assertThat(subscriptions.used()).isPositive();
        tick(0.2);
        assertThat(subscriptions.used()).isZero();
    }

    @Test
    void channelWithoutSubscribers_isReleasedAfterASecond_whenMemoryIsShort() {
        subscriptions.add(subscriptions.limit());
        subscribe("a");
        channels.askForWanted();
        leave("a");

        tick(0.9);
        assertThat(source.commands).containsExactly("subscribe a");
        tick(0.2);
        assertThat(source.commands).containsExactly("subscribe a", "unsubscribe a");
    }

    @Test
    void channel_isNotSubscribed_whenItIsTakenBackInTheSameTurn() {
        subscribe("a");
        channels.unsubscribe("a");
        channels.askForWanted();

        assertThat(source.commands).isEmpty();
        assertThatThrownBy(() -> channels.unsubscribe("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> channels.unsubscribe("b")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void channel_isSubscribed_whenASourceServesIt_orWithinASecond() {
        connected = false;
        subscribe("a");
        channels.askForWanted();
        connected = true;
        channels.askForWanted();
        assertThat(source.commands).isEmpty();
        channels.onServing();
        channels.askForWanted();
        assertThat(source.commands).containsExactly("subscribe a");

        channels.onLost(source);
        channels.askForWanted();
        assertThat(source.commands).hasSize(1);
        tick(1);
        assertThat(source.commands).containsExactly("subscribe a", "subscribe a");
    }

    @Test
    void channel_isSubscribedAtOnce_whenRedisHasEndedTheSubscription() {
        subscribe("a");
        channels.askForWanted();
        channels.onSubscribed(source, topic("a"));
        channels.onUnsubscribed(source, topic("a"));
        channels.onUnsubscribed(source, topic("b"));
        channels.askForWanted();

        assertThat(source.commands).containsExactly("subscribe a", "subscribe a");
    }

    @Test
    void subscribe_fails_afterFiveSeconds_withAReason() {
        subscribe("a");
        channels.askForWanted();
        tick(4.9);
        assertThat(told).isEmpty();
        tick(0.1);
        connected = false;
        subscribe("a");
        tick(5);

        assertThat(told)
                .containsExactly("a not subscribed: " + Reasons.UNCONFIRMED, "a not subscribed: " + Reasons.AWAY);
    }

    @Test
    void channelWithoutSubscribers_isUnsubscribed_afterTenSeconds_unlessItIsWantedAgain() {
        subscribe("a");
        subscribe("b");
        channels.askForWanted();
        confirm();
        channels.unsubscribe("a");
        channels.unsubscribe("b");
        tick(2);
        subscribe("b");
        tick(7.9);
        assertThat(source.commands).containsExactly("subscribe a b");
        tick(0.1);
        assertThat(source.commands).containsExactly("subscribe a b", "unsubscribe a");

        push("a", 1);
        push("b", 1);
        assertThat(metrics.scrape()).contains("broadcaster_relay_messages_dropped_total{reason=\"stray\"} 1.0");
        channels.onSubscribed(source, topic("a"));
        assertThat(told).containsExactly("a subscribed", "b subscribed", "b subscribed", "b 1");
    }

    @Test
    void foreignBytes_areCounted_byReason() {
        subscribe("a");
        channels.askForWanted();
        byte[] malformed = "hello".getBytes(US_ASCII);
        channels.onForeign(source, topic("a"), malformed);
        channels.onForeign(source, topic("a"), malformed);
        channels.onForeign(source, topic("a"), "2 e 7 id".getBytes(US_ASCII));
        channels.onForeign(new FakeSource(), topic("a"), malformed);
        channels.onForeign(source, topic("b"), malformed);

        assertThat(metrics.scrape())
                .contains("dropped_total{reason=\"malformed\"} 2.0")
                .contains("dropped_total{reason=\"unknown_version\"} 1.0")
                .contains("dropped_total{reason=\"duplicate\"} 1.0")
                .contains("dropped_total{reason=\"stray\"} 1.0");
    }

    private void replay(String channel) {
        channels.replay(channel, new Replay(null, 1), new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {
                told.add("replayed " + replayed.messages().size());
            }

            @Override
            public void onFailed(String reason) {
                told.add(reason);
            }
        });
    }

    @Test
    void replay_fails_whenTheChannelIsNotReceived() {
        replay("kept:a");

        assertThat(told).hasSize(1).allMatch(reason -> reason.startsWith("not subscribed: "));
    }

    /** A channel with a history, whose last message is {@code e-5}. */
    private SubscribedChannel liveWithHistory(String name) {
        subscribe(name);
        channels.askForWanted();
        confirmAt(new Position("e", 5));
        told.clear();
        return source.asked.get(0);
    }

    private HistoryPage page() {
        Envelope last = new Envelope("e", 5, "id", "t", true, new byte[] {'"', '"'}, new byte[] {'5'});
        return new HistoryPage(
                new Position("e", 5), "server", List.of(new HistoryPage.Entry(last, time.nanos() + 60_000_000_000L)));
    }

    @Test
    void replay_isAnsweredFromAnEarlierReading_untilTheHistoryIsDeleted() {
        SubscribedChannel channel = liveWithHistory("kept:a");
        replay("kept:a");
        channel.onPage(source.reading(), page());
        replay("kept:a");
        assertThat(told).containsExactly("replayed 1", "replayed 1");
        assertThat(source.readings).hasSize(1);
        channels.forgetRecent("kept:b");
        channels.forgetRecent("kept:a");
        replay("kept:a");

        assertThat(told).hasSize(2);
        assertThat(source.readings).hasSize(2);
    }

    @Test
    void replay_fails_afterFiveSeconds() {
        liveWithHistory("kept:a");
        replay("kept:a");
        tick(4.9);
        assertThat(told).isEmpty();
        tick(0.1);

        assertThat(told).containsExactly("not subscribed: the history of the channel can't be read");
    }

    @Test
    void channel_isAskedForAgain_whenRedisOwesAnAnswerForThreeSeconds() {
        subscribe("a");
        channels.askForWanted();
        time.advance(Duration.ofSeconds(4));
        channels.onTick(time.nanos());
        channels.askForWanted();

        assertThat(source.commands).containsExactly("subscribe a", "subscribe a");
    }

    /** Messages wait for a check: a hundred thousand channels in one go delay them by tens of milliseconds. */
    @Test
    void channels_areCheckedEachSecond_aPartPerTick() {
        for (int i = 0; i < 1_000; i++) {
            subscribe("a" + i);
        }
        channels.askForWanted();
        assertThat(source.asked).hasSize(1_000);

        Set<String> again = new HashSet<>();
        for (int tick = 0; tick < 45; tick++) { // each channel is asked for again after 3 s without an answer
            source.asked.clear();
            tick(0.1);
            assertThat(source.asked).hasSizeLessThanOrEqualTo(100);
            source.asked.forEach(channel -> again.add(channel.key().name()));
        }
        assertThat(again).hasSize(1_000);
    }

    @Test
    void subscribe_waits_whileTheChannelIsBeingSubscribed() {
        subscribe("a");
        channels.askForWanted();
        subscribe("a");
        time.advance(Duration.ofMillis(4_900));
        channels.onTick(time.nanos());

        assertThat(told).isEmpty();
        time.advance(Duration.ofMillis(100));
        channels.onTick(time.nanos());
        assertThat(told).hasSize(2);
    }

    @Test
    void reading_isNotWanted_whenTheChannelIsReleased() {
        SubscribedChannel channel = liveWithHistory("kept:a");
        replay("kept:a");
        assertThat(channel.wants(source.reading())).isTrue();
        channels.unsubscribe("kept:a");
        tick(10);

        assertThat(source.commands).endsWith("unsubscribe kept:a");
        assertThat(channel.wants(source.reading())).isFalse();
    }

    @Test
    void bytes_areMore_forAChannelWithAHistory() {
        HistoryConfig history = new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1))));

        assertThat(ReceivedChannels.bytes("kept:a", names, history))
                .isGreaterThan(ReceivedChannels.bytes("kept:a", names, HistoryConfig.NONE));
    }
}
