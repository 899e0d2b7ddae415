package dev.broadcaster.redis.channel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.channel.State.Kind;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.wire.ChannelKey;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import dev.broadcaster.redis.wire.Position;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each event in each state of a received channel. */
final class ReceivedChannelTest {
    private static final byte[] EVENT = "\"e\"".getBytes(US_ASCII);
    private static final HistoryConfig.Rule RULE = new HistoryConfig.Rule("", 10, Duration.ofMinutes(10));

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final MessageIds ids = new MessageIds(time, 1);
    private final List<String> told = new ArrayList<>();
    private final RelayListener listener = new RelayListener() {
        @Override
        public void onMessage(Message message) {
            told.add(new String(message.payload(), US_ASCII));
        }

        @Override
        public void onLoss(String name, long count) {
            told.add("lost " + count);
        }
    };
    private final Waiters waiters = new Waiters();
    private final Delivery delivery = new Delivery(listener, () -> {}, time, metrics.relay());
    private final Account histories = new MemoryBudget(1 << 20, metrics).account(Purpose.HISTORY);
    private final Recoveries recoveries = new Recoveries(server -> true, histories, time);
    private final FakeSource source = new FakeSource();
    private final FakeSource other = new FakeSource();

    @AfterEach
    void close() {
        metrics.close();
    }

    private ReceivedChannel channel(HistoryConfig.Rule rule) {
        ChannelKey key = new ChannelKey("a", 0, "topic of a", rule);
        ReceivedChannel channel = new ReceivedChannel(key, delivery, waiters, recoveries, time);
        channel.output().want();
        return channel;
    }

    private Envelope envelope(String epoch, long offset) {
        byte[] payload = (epoch + '-' + offset).getBytes(US_ASCII);
        return new Envelope(epoch, offset, ids.next(), "t", false, EVENT, payload);
    }

    /** Subscribed at {@code source}, with this counter. */
    private void goLive(ReceivedChannel channel, Position counter, String server) {
        assertThat(channel.onAsked(source)).isTrue();
        channel.onSubscribed(source);
        channel.onCounter(source, counter, server);
    }

    private ReceivedChannel live(HistoryConfig.Rule rule, long offset) {
        ReceivedChannel channel = channel(rule);
        goLive(channel, new Position("e", offset), "server");
        assertThat(channel.state().kind).isEqualTo(Kind.LIVE);
        return channel;
    }

    private HistoryPage page(String epoch, long counter, long... offsets) {
        return new HistoryPage(
                new Position(epoch, counter),
                "server",
                LongStream.of(offsets)
                        .mapToObj(
                                offset -> new HistoryPage.Entry(envelope(epoch, offset), time.nanos() + 1_000_000_000L))
                        .toList());
    }

    private void push(ReceivedChannel channel, long... offsets) {
        for (long offset : offsets) {
            channel.onMessage(source, envelope("e", offset));
        }
    }

    private double metric(String name) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("broadcaster_relay_" + name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Test
    void subscribe_isConfirmed_whenTheCounterIsKnown() {
        ReceivedChannel channel = channel(null);
        waiters.add("a", subscriber("first"), time.nanos());
        assertThat(channel.state().position()).isNull();

        assertThat(channel.onAsked(source)).isTrue();
        assertThat(channel.onAsked(other)).as("it is at a source").isFalse();
        assertThat(channel.state().kind).isEqualTo(Kind.ASKED);
        channel.onSubscribed(other);
        assertThat(channel.state().kind).isEqualTo(Kind.ASKED);
        channel.onSubscribed(source);
        assertThat(channel.state().kind).isEqualTo(Kind.COUNTING);
        channel.onCounter(other, new Position("e", 9), "server");
        assertThat(told).isEmpty();
        channel.onCounter(source, new Position("e", 5), "server");

        assertThat(channel.state().kind).isEqualTo(Kind.LIVE);
        assertThat(channel.state().position()).isEqualTo(new Position("e", 5));
        assertThat(told).containsExactly("first subscribed");
        channel.onCounter(source, new Position("e", 9), "server");
        channel.onRefused(source);
        assertThat(channel.state().position()).as("late answers change nothing").isEqualTo(new Position("e", 5));
    }

    @Test
    void counter_endsTheSubscription_whenRedisHasNotConfirmedIt() {
        ReceivedChannel channel = channel(null);
        channel.onAsked(source);
        channel.onCounter(source, new Position("e", 5), "server");

        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);
        assertThat(channel.state().position()).isNull();
    }

    @Test
    void refusal_endsTheSubscription_untilItIsLive() {
        ReceivedChannel channel = channel(null);
        channel.onAsked(source);
        channel.onRefused(other);
        assertThat(channel.state().kind).isEqualTo(Kind.ASKED);
        channel.onRefused(source);
        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);
        channel.onAsked(source);
        channel.onSubscribed(source);
        channel.onRefused(source);
        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);

        ReceivedChannel repairing = live(RULE, 5);
        push(repairing, 8);
        repairing.onRefused(source);
        assertThat(repairing.state().kind).isEqualTo(Kind.AWAY);
    }

    @Test
    void messages_areDelivered_inOrder_andFromTheirSourceOnly() {
        ReceivedChannel channel = live(null, 5);
        push(channel, 6, 7);
        channel.onMessage(other, envelope("e", 8));
        push(channel, 8);

        assertThat(told).containsExactly("e-6", "e-7", "e-8");
        assertThat(channel.state().position()).isEqualTo(new Position("e", 8));
        assertThat(metrics.scrape()).contains("broadcaster_relay_messages_dropped_total{reason=\"duplicate\"} 1.0");
    }

    @Test
    void hole_isReported_beforeTheMessageAfterIt_withoutAHistory() {
        ReceivedChannel channel = live(null, 5);
        push(channel, 9, 10);

        assertThat(told).containsExactly("lost 3", "e-9", "e-10");
    }

    @Test
    void usedOffset_isDroppedAndLost_andTheCounterIsReadAgain() {
        ReceivedChannel channel = live(null, 5);
        time.advance(Duration.ofMinutes(1));
        push(channel, 5);
        assertThat(told).containsExactly("lost 1");
        assertThat(source.commands).containsExactly("count a");
        assertThat(channel.state().kind).isEqualTo(Kind.COUNTING);
        assertThat(channel.state().isUnanswered(time.nanos()))
                .as("it looks as if it was asked long ago")
                .isFalse();
        assertThat(channel.state().position()).isEqualTo(new Position("e", 5));

        push(channel, 3, 6, 7); // while the counter is read: a late one, and two that it counts
        channel.onCounter(source, new Position("e", 7), "server");
        push(channel, 8);
        assertThat(told).containsExactly("lost 1", "lost 1", "e-6", "e-7", "e-8");
        assertThat(metric("resubscriptions_total")).isZero();
        assertThat(metrics.scrape()).contains("broadcaster_relay_messages_dropped_total{reason=\"duplicate\"} 2.0");
    }

    /** Otherwise the hole would be larger than the loss. */
    @Test
    void messageBeforeTheCounter_isNotLostTwice_whenAnotherIsMissingBehindIt() {
        ReceivedChannel plain = live(null, 5);
        ReceivedChannel kept = live(RULE, 5);
        for (ReceivedChannel channel : List.of(plain, kept)) {
            told.clear();
            push(channel, 5, 6);
            channel.onCounter(source, new Position("e", 7), "server");
            if (channel == kept) {
                channel.onPage(source.reading(), page("e", 7, 6, 7));
                assertThat(told).containsExactly("lost 1", "e-6", "e-7");
            } else {
                assertThat(told).containsExactly("lost 1", "lost 2");
            }
        }
    }

    @Test
    void firstMessageOfACounter_leavesNoHole_whenTheOneBeforeHadNoMessage() {
        for (Position start : List.of(Position.NONE, new Position("e", 0), new Position("f", 0))) {
            ReceivedChannel channel = channel(null);
            goLive(channel, start, "server");
            channel.onMessage(source, envelope("f", 1));
            assertThat(channel.state().position()).isEqualTo(new Position("f", 1));
        }
        assertThat(told).containsExactly("f-1", "f-1", "f-1");
    }

    @Test
    void counterThatWasCreatedWhileTheNodeWasAway_leavesNoHole() {
        ReceivedChannel channel = channel(null);
        goLive(channel, Position.NONE, "server");
        for (Position counter : List.of(new Position("e", 0), new Position("f", 0), new Position("f", 2))) {
            channel.onLost(source);
            goLive(channel, counter, "server");
            assertThat(channel.state().position()).isEqualTo(counter);
        }
        assertThat(told).containsExactly("lost 2");
        assertThat(metric("resubscriptions_total")).isEqualTo(3);
    }

    @Test
    void lossOverAResubscription_hasItsSize_ifRedisKeptItsCounters_elseAtLeastOne() {
        ReceivedChannel channel = live(null, 5);
        channel.onLost(source);
        goLive(channel, new Position("e", 8), "server");
        channel.onLost(source);
        goLive(channel, new Position("e", 8), "server");
        assertThat(told).containsExactly("lost 3");
        channel.onLost(source);
        goLive(channel, new Position("e", 8), "restarted");
        channel.onLost(source);
        time.advance(Duration.ofMinutes(31)); // the counter may have expired and started again
        goLive(channel, new Position("e", 8), "restarted");
        assertThat(told).containsExactly("lost 3", "lost 1", "lost 1");
        assertThat(metrics.scrape())
                .contains("broadcaster_relay_messages_lost_total{loss=\"certain\"} 3.0")
                .contains("broadcaster_relay_messages_lost_total{loss=\"possible\"} 2.0");
    }

    @Test
    void orderlyMove_keepsTheCounter_unlessTheServerIsLate() {
        ReceivedChannel channel = live(null, 5);
        assertThat(channel.onUnsubscribed(other)).isFalse();
        assertThat(channel.onUnsubscribed(source)).isTrue();
        assertThat(channel.onUnsubscribed(source)).isFalse();
        goLive(channel, new Position("e", 5), "next");
        assertThat(told).isEmpty();

        source.late = true;
        assertThat(channel.onUnsubscribed(source)).isTrue();
        goLive(channel, new Position("e", 5), "another");
        assertThat(told).containsExactly("lost 1");
    }

    @Test
    void endOfAnEarlierSubscription_isIgnored_whileTheNextOneIsAsked() {
        ReceivedChannel channel = channel(null);
        channel.onAsked(source);
        assertThat(channel.onUnsubscribed(source)).isFalse();
        channel.onSubscribed(source);
        assertThat(channel.onUnsubscribed(source)).isTrue();
    }

    @Test
    void messagesBeforeTheCounter_areDelivered_ifTheyFollowThePosition() {
        ReceivedChannel channel = live(null, 5);
        channel.onLost(source);
        channel.onAsked(source);
        push(channel, 4);
        channel.onSubscribed(source);
        push(channel, 7, 8);
        channel.onCounter(source, new Position("e", 8), "server");

        assertThat(told).containsExactly("lost 1", "e-7", "e-8");
    }

    @Test
    void hole_isReadFromTheHistory_beforeAnythingLaterIsDelivered() {
        ReceivedChannel channel = live(RULE, 5);
        push(channel, 9, 10);
        assertThat(channel.state().kind).isEqualTo(Kind.REPAIRING);
        assertThat(told).isEmpty();
        assertThat(source.commands).containsExactly("read a from 6");

        HistoryReading reading = source.reading();
        channel.onPage(reading, page("e", 10, 6, 7));
        assertThat(source.commands).containsExactly("read a from 6", "read a from 8");
        assertThat(told).as("not before all is read").isEmpty();
        push(channel, 11);
        channel.onPage(reading, page("e", 11, 8, 9, 10, 11));

        assertThat(told).containsExactly("e-6", "e-7", "e-8", "e-9", "e-10", "e-11");
        assertThat(channel.state().kind).isEqualTo(Kind.LIVE);
        channel.onPage(reading, page("e", 11, 8, 9, 10, 11));
        assertThat(told).as("a page that was not requested").hasSize(6);
        push(channel, 12);
        assertThat(told).endsWith("e-12");
        assertThat(metric("messages_repaired_total")).isEqualTo(6);
    }

    @Test
    void messagesMissingInTheHistory_areLost_inTheirPlace() {
        ReceivedChannel channel = live(RULE, 5);
        push(channel, 12);
        channel.onPage(source.reading(), page("e", 12, 8, 10));
        assertThat(source.commands).endsWith("read a from 11");
        channel.onPage(source.reading(), page("e", 12));

        assertThat(told).containsExactly("lost 2", "e-8", "lost 1", "e-10", "lost 2");
        push(channel, 13);
        assertThat(told).endsWith("e-13");
    }

    @Test
    void interruptedRepair_beginsAgain_whenTheChannelIsSubscribedAgain() {
        ReceivedChannel channel = live(RULE, 5);
        push(channel, 9);
        channel.onFailed(source.reading(), null);
        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);
        goLive(channel, new Position("e", 9), "server");
        assertThat(channel.state().kind).isEqualTo(Kind.REPAIRING);
        assertThat(source.commands).containsExactly("read a from 6", "read a from 6");
        channel.onPage(source.reading(), page("e", 9, 6, 7, 8, 9));

        assertThat(told).containsExactly("e-6", "e-7", "e-8", "e-9");
    }

    @Test
    void unreadableHistory_becomesAHole() {
        ReceivedChannel channel = live(RULE, 5);
        push(channel, 9);
        channel.onFailed(source.reading(), "ERR");
        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);
        goLive(channel, new Position("e", 10), "server");
        assertThat(told).containsExactly("lost 5");
        push(channel, 12);
        assertThat(channel.state().kind).as("the next hole is read again").isEqualTo(Kind.REPAIRING);
    }

    @Test
    void subscription_ends_whenRedisDoesNotAnswerForThreeSeconds() {
        ReceivedChannel asked = channel(null);
        asked.onAsked(source);
        ReceivedChannel counting = channel(null);
        counting.onAsked(source);
        counting.onSubscribed(source);
        ReceivedChannel repairing = live(RULE, 5);
        push(repairing, 9);
        ReceivedChannel live = live(null, 5);
        List<ReceivedChannel> all = List.of(asked, counting, repairing, live);
        time.advance(Duration.ofSeconds(2));
        repairing.onPage(source.reading(), page("e", 9, 6));
        time.advance(Duration.ofSeconds(1));
        all.forEach(channel -> channel.onCheck(time.nanos(), source));
        assertThat(all).noneMatch(channel -> channel.state().kind == Kind.AWAY);
        time.advance(Duration.ofMillis(1));
        all.forEach(channel -> channel.onCheck(time.nanos(), source));
        assertThat(all)
                .extracting(channel -> channel.state().kind)
                .containsExactly(Kind.AWAY, Kind.AWAY, Kind.REPAIRING, Kind.LIVE);
        time.advance(Duration.ofSeconds(2));
        all.forEach(channel -> channel.onCheck(time.nanos(), source));
        assertThat(repairing.state().kind).isEqualTo(Kind.AWAY);
    }

    @Test
    void channel_moves_whenAnotherSourceHasServedItForASecondWithoutABreak() {
        ReceivedChannel channel = live(null, 5);
        for (FakeSource serving : new FakeSource[] {other, other, null, other, other}) {
            channel.onCheck(time.nanos(), serving);
            time.advance(Duration.ofMillis(900));
        }
        assertThat(channel.state().at).isSameAs(source);
        channel.onCheck(time.nanos(), other);
        assertThat(channel.state().kind).isEqualTo(Kind.AWAY);
        assertThat(source.commands).containsExactly("unsubscribe a");
        assertThat(channel.state().position()).isEqualTo(new Position("e", 5));
    }

    @Test
    void lossesWithoutASubscriber_areNotReported() {
        ReceivedChannel channel = live(null, 5);
        assertThat(channel.output().unwant()).isTrue();
        channel.onLost(source);
        assertThat(channel.state().position()).isNull();
        channel.output().want();
        goLive(channel, new Position("e", 9), "server");

        assertThat(told).isEmpty();
    }

    private SubscribeCallback subscriber(String name) {
        return new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                told.add(name + " subscribed");
            }

            @Override
            public void onFailed(String reason) {
                told.add(name + " failed: " + reason);
            }
        };
    }

    private void recover(ReceivedChannel channel, @Nullable String lastSeen, int last) {
        Recoveries.OfChannel ofChannel = Objects.requireNonNull(channel.output().recoveries());
        ofChannel.add(
                new Replay(lastSeen, last),
                new ReplayCallback() {
                    @Override
                    public void onReplayed(Replayed replayed) {
                        told.add((replayed.complete() ? "complete " : "incomplete ")
                                + replayed.messages().size() + " " + replayed.position());
                    }

                    @Override
                    public void onFailed(String reason) {
                        told.add(reason);
                    }
                },
                time.nanos() + 5_000_000_000L);
    }

    @Test
    void waitingSubscribesAndReplays_areAnswered_whenTheChannelIsLiveAgainAfterALoss() {
        ReceivedChannel channel = live(RULE, 5);
        channel.onLost(source);
        waiters.add("a", subscriber("second"), time.nanos());
        recover(channel, "e-5", 0);
        assertThat(told).isEmpty();

        goLive(channel, new Position("e", 5), "server");

        assertThat(told).containsExactly("second subscribed");
        HistoryReading reading = source.reading();
        assertThat(channel.wants(reading)).isTrue();
        channel.onPage(reading, page("e", 5));
        assertThat(told).containsExactly("second subscribed", "complete 0 e-5");
        assertThat(metric("history_reads_total")).isEqualTo(1);
    }

    @Test
    void replays_areRefusedAtOnce_whenTheHistoryCannotBeRead() {
        ReceivedChannel channel = live(RULE, 5);
        recover(channel, "e-3", 0);

        channel.onFailed(source.reading(), "as this test wants it");

        assertThat(told).containsExactly("incomplete 0 e-5");
        assertThat(channel.state().kind).isEqualTo(Kind.LIVE);
    }

    @Test
    void reading_showsALoss_whenItsCounterIsAhead() {
        ReceivedChannel channel = live(RULE, 5);
        recover(channel, "e-5", 0);
        HistoryReading reading = source.reading();

        channel.onPage(reading, page("e", 7, 6, 7));

        assertThat(channel.state().kind).isEqualTo(Kind.REPAIRING);
        assertThat(channel.wants(reading)).isFalse();
        channel.onPage(source.reading(), page("e", 7, 6, 7));
        assertThat(told).startsWith("e-6", "e-7");
        assertThat(channel.state().position()).isEqualTo(new Position("e", 7));
    }

    @Test
    void reading_movesTheChannel_whenItHasCreatedTheCounter() {
        ReceivedChannel channel = channel(RULE);
        goLive(channel, Position.NONE, "server");
        recover(channel, null, 0);

        channel.onPage(source.reading(), page("f", 0));

        assertThat(channel.state().position()).isEqualTo(new Position("f", 0));
        assertThat(told).containsExactly("incomplete 0 f-0");
    }

    @Test
    void position_isToldDuringARepair() {
        ReceivedChannel channel = live(RULE, 5);
        push(channel, 8);
        assertThat(channel.state().kind).isEqualTo(Kind.REPAIRING);

        recover(channel, null, 0);

        assertThat(told).containsExactly("incomplete 0 e-5");
    }

    @Test
    void loss_isAtLeastOne_whenTheSubscriptionEndedBeforeRedisSurelyKeptTheCounter() {
        ReceivedChannel channel = live(null, 5);
        channel.onLost(source);
        time.advance(Duration.ofSeconds(Position.COUNTER_SECONDS / 2));

        goLive(channel, new Position("e", 5), "server");

        assertThat(told).containsExactly("lost 1");
    }

    @Test
    void loss_isNone_whenTheSubscriptionEndedALittleLater() {
        ReceivedChannel channel = live(null, 5);
        channel.onLost(source);
        time.advance(Duration.ofSeconds(Position.COUNTER_SECONDS / 2 - 1));

        goLive(channel, new Position("e", 5), "server");

        assertThat(told).isEmpty();
    }

    @Test
    void usedOffset_isNotDeliveredAgain_whenTheCounterFollowsIt() {
        ReceivedChannel channel = live(null, 5);
        push(channel, 5);
        push(channel, 5, 6);
        channel.onCounter(source, new Position("e", 6), "server");

        assertThat(told).containsExactly("lost 1", "lost 1", "e-6");
    }

    @Test
    void firstMessagesOfACounter_areReadFromTheHistory_butNotThoseOfAnotherEpoch() {
        ReceivedChannel channel = channel(RULE);
        goLive(channel, Position.NONE, "server");
        channel.onMessage(source, envelope("f", 3));
        assertThat(channel.state().kind).isEqualTo(Kind.REPAIRING);
        assertThat(source.commands).containsExactly("read a from 1");
        channel.onPage(source.reading(), page("f", 3, 1, 2, 3));
        channel.onMessage(source, envelope("g", 3));

        assertThat(told).containsExactly("f-1", "f-2", "f-3", "lost 2", "g-3");
        assertThat(source.commands).hasSize(1);
    }

    /** Otherwise a loss would not be noticed. */
    @Test
    void counter_isKeptFromTheFirstEndOfASubscription_notFromALaterOne() {
        ReceivedChannel channel = live(null, 5);
        channel.onLost(source);
        time.advance(Duration.ofMinutes(20));
        channel.onAsked(source);
        channel.onLost(source);
        time.advance(Duration.ofMinutes(20));
        goLive(channel, new Position("e", 5), "server");

        assertThat(told).containsExactly("lost 1");
    }

    @Test
    void replays_areRefused_whenThereIsNoMemoryForMorePages_butARepairContinues() {
        ReceivedChannel channel = live(RULE, 5);
        histories.add(histories.limit());
        recover(channel, "e-3", 0);
        HistoryReading reading = source.reading();
        channel.onPage(reading, page("e", 5, 4));
        assertThat(told).containsExactly("incomplete 0 e-5");
        assertThat(channel.wants(reading)).isFalse();
        assertThat(source.commands).containsExactly("read a from 4");

        push(channel, 8);
        channel.onPage(source.reading(), page("e", 8, 6));
        assertThat(source.commands).endsWith("read a from 6", "read a from 7");
    }

    private ReceivedChannel withRecentMessages() {
        ReceivedChannel channel = live(RULE, 5);
        recover(channel, "e-4", 0);
        channel.onPage(source.reading(), page("e", 5, 5));
        assertThat(told).containsExactly("complete 1 e-5");
        assertThat(source.readings).hasSize(1);
        return channel;
    }

    @Test
    void replays_areAnsweredFromTheLastReading_andTheMessagesSince() {
        ReceivedChannel channel = withRecentMessages();
        Envelope next = envelope("e", 6);
        channel.onMessage(source, new Envelope("e", 6, next.id(), "t", true, EVENT, next.payload()));
        recover(channel, "e-4", 0);

        assertThat(told).endsWith("complete 2 e-6");
        assertThat(source.readings).hasSize(1);
    }

    /** Another server may lack messages that this one had. */
    @Test
    void replays_areNotAnsweredFromAReadingBeforeTheSubscriptionEnded() {
        ReceivedChannel channel = withRecentMessages();
        channel.onLost(source);
        assertThat(histories.used()).isZero();
        goLive(channel, new Position("e", 5), "server");
        recover(channel, "e-4", 0);

        assertThat(told).hasSize(1);
        assertThat(source.readings).hasSize(2);
    }

    @Test
    void recentMessages_areForgotten_whenARepairBegins() {
        ReceivedChannel channel = withRecentMessages();
        assertThat(histories.used()).isPositive();
        push(channel, 8);

        assertThat(histories.used()).isZero();
    }
}
