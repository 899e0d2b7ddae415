package dev.broadcaster.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.AuthConfig;
import dev.broadcaster.auth.ChannelGrants;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.RequestScanner;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishConfig;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.testing.FakeShardThread;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of replies over a relay that answers late, early, and on its own thread. */
final class SessionTest {
    private static final int MAX_SUBSCRIPTIONS = 50;
    private static final String SECRET = "s".repeat(32);

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final Timestamps timestamps = new Timestamps();
    private final MessageIds ids = new MessageIds(time, 1);
    private final FakeShardThread thread = new FakeShardThread();
    private final FakeRelay relay = new FakeRelay();
    private final FakePeer peer = new FakePeer();
    private final Hub hub = new Hub(
            relay,
            List.of(thread),
            new MemoryBudget(1L << 40, metrics).account(Purpose.FANOUT),
            new MemoryBudget(1L << 40, metrics).account(Purpose.SUBSCRIPTIONS),
            time,
            metrics);
    private final Session session = new Session(hub.shards().get(0), peer);
    private final Dispatcher dispatcher = new Dispatcher(
            new RpcConfig(MAX_SUBSCRIPTIONS, 65536, Duration.ofSeconds(25)),
            new TokenVerifier(new AuthConfig(List.of(SECRET), false, List.of()), time),
            new PublishLimits(new PublishConfig(0, 0), HistoryConfig.NONE, time, 1, metrics),
            relay,
            ids,
            time,
            timestamps,
            metrics);

    SessionTest() {
        session.identity(
                new Identity("u", ChannelGrants.of(List.of("*")), ChannelGrants.of(List.of("*")), Long.MAX_VALUE));
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    private static Request request(String json) {
        try {
            byte[] bytes = json.getBytes(UTF_8);
            return RequestScanner.scan(bytes, 0, bytes.length);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static Request publish(int id) {
        return publish(id, "a");
    }

    private static Request publish(int id, String channel) {
        return request("{\"id\":" + id + ",\"method\":\"publish\",\"params\":{\"channel\":\"" + channel
                + "\",\"event\":\"e\",\"payload\":1}}");
    }

    private static Request heartbeat(int id) {
        return request("{\"id\":" + id + ",\"method\":\"heartbeat\"}");
    }

    private static Request on(int id, String method, String channel) {
        return request(
                "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{\"channel\":\"" + channel + "\"}}");
    }

    private static Request recovering(int id, String channel, String lastSeenId) {
        return request("{\"id\":" + id + ",\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel
                + "\",\"lastSeenMessageId\":\"" + lastSeenId + "\"}}");
    }

    /** Handles a request like a connection. */
    private void handle(Request request) {
        dispatcher.dispatch(session, request);
    }

    private static Message message(String id) {
        return new Message(id, "t", "a", "\"e\"".getBytes(UTF_8), "1".getBytes(UTF_8));
    }

    private static PublishOutcome accepted(int n) {
        return new PublishOutcome.Accepted("m" + n, "t");
    }

    @Test
    void repliesComeInTheOrderOfRequests_whenTheRelayAnswersInAnother() {
        handle(publish(1));
        handle(publish(2));
        handle(publish(3));

        relay.answer(2, accepted(3));
        relay.answer(1, new PublishOutcome.NotPublished("not published: no"));
        assertThat(peer.log).isEmpty();
        relay.answer(0, accepted(1));

        assertThat(peer.log)
                .containsExactly(
                        "{\"requestId\":1,\"result\":{\"id\":\"m1\",\"createTime\":\"t\"}}",
                        "{\"requestId\":2,\"error\":{\"code\":\"Internal\",\"message\":\"not published: no\"}}",
                        "{\"requestId\":3,\"result\":{\"id\":\"m3\",\"createTime\":\"t\"}}");
    }

    @Test
    void anUnknownOutcome_isReported() {
        handle(publish(1));

        relay.answer(0, new PublishOutcome.Unknown("outcome unknown: timeout"));

        assertThat(peer.log)
                .containsExactly(
                        "{\"requestId\":1,\"error\":{\"code\":\"Internal\",\"message\":\"outcome unknown: timeout\"}}");
    }

    @Test
    void aReplyFromAnotherThreadIsSentOnTheSessionsOwn() {
        handle(publish(1));

        thread.outside(() -> relay.answer(0, accepted(1)));
        assertThat(peer.log).isEmpty();
        thread.runAll();

        assertThat(peer.log).hasSize(1);
    }

    @Test
    void anotherRequest_waitsUntilThePublishesBeforeItAreAnswered() {
        handle(publish(1));
        handle(publish(2));
        handle(heartbeat(3));
        assertThat(relay.publishes).hasSize(2);

        relay.answer(0, accepted(1));
        assertThat(peer.log).hasSize(1);
        relay.answer(1, accepted(2));

        assertThat(peer.ids()).containsExactly(1, 2, 3);
    }

    @Test
    void publish_waitsForPublishesToAnotherChannel_andNotForThoseToItsOwn() {
        handle(publish(1, "a"));
        handle(publish(2, "b"));
        handle(publish(3, "b"));
        handle(publish(4, "a"));
        assertThat(relay.publishes).hasSize(1);

        relay.answer(0, accepted(1));
        assertThat(relay.publishes).hasSize(3);
        relay.answer(2, accepted(3));
        relay.answer(1, accepted(2));

        assertThat(relay.publishes).hasSize(4);
        assertThat(peer.ids()).containsExactly(1, 2, 3);
    }

    @Test
    void serverEndsASubscription_andTheClientIsNotified() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        thread.runAll();
        peer.log.clear();

        assertThat(session.unsubscribe("a", "room closed")).isTrue();

        assertThat(peer.log)
                .contains("{\"method\":\"unsubscribed\",\"params\":{\"channel\":\"a\",\"reason\":\"room closed\"}}");
        assertThat(relay.unsubscribed).containsExactly("a");
        assertThat(session.unsubscribe("a", "room closed")).isFalse();
        assertThat(session.unsubscribe("b", "room closed")).isFalse();
    }

    @Test
    void serverEndsASubscriptionThatWaits_andItsRequestFails() {
        handle(on(1, "subscribe", "a"));
        handle(heartbeat(2));

        assertThat(session.unsubscribe("a", "room closed")).isTrue();
        relay.confirm(0); // too late
        thread.runAll();

        assertThat(peer.log.get(0)).contains("\"requestId\":1,\"error\"").contains("not subscribed: room closed");
        assertThat(peer.ids()).containsExactly(1, 2);
        assertThat(relay.unsubscribed).containsExactly("a");
    }

    @Test
    void serverEndsASubscriptionWhoseReplyWaits_andItsRequestFails() {
        handle(publish(1));
        handle(recovering(2, "a", "e-0"));
        handle(on(3, "subscribe", "b"));
        relay.answer(0, accepted(1));
        relay.confirm(1);
        thread.runAll(); // b is received, its reply waits for that of a

        assertThat(session.unsubscribe("b", "room closed")).isTrue();
        relay.confirm(0);
        thread.runAll();
        relay.replay(0, List.of());
        thread.runAll();

        assertThat(peer.ids()).containsExactly(1, 2, 3);
        assertThat(peer.log).last().asString().contains("\"requestId\":3,\"error\"");
        assertThat(relay.unsubscribed).containsExactly("b");
    }

    /** Without waiting, the later publish would be accepted, its reply held back, and its copy delivered. */
    @Test
    void theReplyToAPublishComesBeforeThePublishersOwnCopy_whenAnEarlierOneToAnotherChannelIsUnanswered() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(publish(2, "unheard"));
        handle(publish(3, "a"));

        relay.answer(0, accepted(2));
        thread.outside(() -> {
            relay.answer(1, accepted(3));
            hub.onMessage(message("m3"));
        });
        thread.runAll();

        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,");
        assertThat(peer.log.get(2)).startsWith("{\"requestId\":3,");
        assertThat(peer.log.get(3)).isEqualTo("broadcasts");
    }

    @Test
    void session_reportsThatAllRepliesAreSent() {
        assertThat(session.owesReplies()).isFalse();
        handle(publish(1));
        handle(publish(2));
        assertThat(session.owesReplies()).isTrue();

        relay.answer(1, accepted(2));
        assertThat(peer.readies).isZero();
        relay.answer(0, accepted(1));

        assertThat(peer.log).hasSize(2);
        assertThat(peer.readies).isEqualTo(1);
        assertThat(session.owesReplies()).isFalse();
    }

    @Test
    void publishAndUnsubscribe_waitForASubscribeThatTheRelayHasNotConfirmed() {
        handle(on(1, "subscribe", "a"));
        handle(publish(2));
        handle(on(3, "unsubscribe", "a"));
        assertThat(relay.publishes).isEmpty();
        assertThat(peer.log).isEmpty();

        relay.confirm(0);
        assertThat(peer.ids()).containsExactly(1);
        relay.answer(0, accepted(2));

        assertThat(peer.ids()).containsExactly(1, 2, 3);
        assertThat(relay.unsubscribed).containsExactly("a");
    }

    // ---- Subscribes that are in flight together

    @Test
    void subscribes_areSentTogether_andAnsweredInOrder() {
        for (int i = 0; i < 40; i++) {
            handle(on(i + 1, "subscribe", "c" + i));
        }
        assertThat(relay.subscribes).hasSize(40);

        for (int i = 39; i >= 0; i--) {
            assertThat(peer.log).isEmpty();
            relay.confirm(i);
        }

        assertThat(peer.ids()).isEqualTo(IntStream.rangeClosed(1, 40).boxed().toList());
    }

    @Test
    void subscribes_areSentTogether_withHeartbeatsAndUnknownMethodsBetween() {
        handle(on(1, "subscribe", "a"));
        handle(heartbeat(2));
        handle(on(3, "subscribe", "b"));
        handle(on(4, "nonsense", "b"));
        handle(on(5, "subscribe", "c"));
        assertThat(relay.subscribes).hasSize(3);
        assertThat(peer.log).isEmpty();

        relay.confirm(1);
        relay.confirm(2);
        relay.confirm(0);

        assertThat(peer.ids()).containsExactly(1, 2, 3, 4, 5);
    }

    @Test
    void subscribe_waits_whenOneToTheSameChannelIsNotAnswered() {
        handle(on(1, "subscribe", "a"));
        handle(on(2, "subscribe", "a"));
        handle(on(3, "subscribe", "b"));
        assertThat(relay.subscribes).hasSize(1);

        relay.confirm(0);

        assertThat(peer.log.get(1)).contains("AlreadyExists");
        assertThat(relay.subscribes).hasSize(2);
    }

    @Test
    void subscribe_waits_whenThoseBeforeItMayReachTheLimit() {
        for (int i = 0; i <= MAX_SUBSCRIPTIONS; i++) {
            handle(on(i + 1, "subscribe", "c" + i));
        }
        assertThat(relay.subscribes).hasSize(MAX_SUBSCRIPTIONS);

        relay.fail(7, "not subscribed: no");
        thread.runAll();
        assertThat(relay.subscribes).as("there is room now").hasSize(MAX_SUBSCRIPTIONS);
        relay.confirm(0);

        assertThat(relay.subscribes).hasSize(MAX_SUBSCRIPTIONS + 1);
    }

    @Test
    void subscription_isLiveFromItsReplyOn_whenAnEarlierReplyIsOwed() {
        handle(on(1, "subscribe", "b"));
        handle(on(2, "subscribe", "a"));
        relay.confirm(1);
        thread.outside(() -> hub.onMessage(message("before its reply")));
        thread.runAll();
        assertThat(peer.log).isEmpty();

        relay.confirm(0);
        assertThat(peer.ids()).containsExactly(1, 2);
        thread.outside(() -> hub.onMessage(message("after its reply")));
        thread.runAll();

        assertThat(peer.seqs).containsExactly(1L);
    }

    @Test
    void recovery_isHeldUntilItsReply_withLaterMessages() {
        handle(on(1, "subscribe", "b"));
        handle(recovering(2, "a", "m0"));
        relay.confirm(1);
        relay.replay(0, List.of(message("m1"), message("m2")));
        thread.outside(() -> hub.onMessage(message("m3")));
        thread.runAll();
        assertThat(peer.log).isEmpty();

        relay.confirm(0);
        assertThat(peer.log).hasSize(4);
        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,").contains("\"historyRecovered\":true");
        thread.outside(() -> hub.onMessage(message("m4")));
        thread.runAll();

        assertThat(peer.seqs).containsExactly(1L, 2L, 3L, 4L);
        assertThat(relay.replays).hasSize(1);
    }

    @Test
    void recovery_isReadAgain_whenMoreMessagesArriveThanAreHeld() {
        handle(on(1, "subscribe", "b"));
        handle(recovering(2, "a", "m0"));
        relay.confirm(1);
        relay.replay(0, List.of(message("m1")));
        Message large = new Message(
                "m2", "t", "a", "\"e\"".getBytes(UTF_8), "1".repeat(400_000).getBytes(UTF_8));
        for (int i = 0; i < 3; i++) {
            thread.outside(() -> hub.onMessage(large));
            thread.runAll();
        }

        relay.confirm(0);
        assertThat(peer.ids()).as("the second reply waits for the reading").containsExactly(1);
        assertThat(relay.replays).hasSize(2);
        relay.replay(1, List.of(message("m1"), large, large, large));
        thread.outside(() -> hub.onMessage(message("m5")));
        thread.runAll();

        assertThat(peer.ids()).containsExactly(1, 2);
        assertThat(peer.seqs).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    // ---- One replay after the other

    private static Request last(int id, String channel) {
        return request(
                "{\"id\":" + id + ",\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel + "\",\"last\":5}}");
    }

    @Test
    void subscribeWithReplay_waitsUntilTheClientHasReadEarlierOutput() {
        peer.behind = true;
        handle(last(1, "a"));
        handle(heartbeat(2));
        thread.runAll();
        assertThat(peer.log).as("in order").isEmpty();
        assertThat(relay.subscribes).isEmpty();

        peer.behind = false;
        session.onRoom();
        relay.confirm(0);
        relay.replay(0, List.of(message("m1")));

        assertThat(peer.ids()).containsExactly(1, 2);
        assertThat(peer.seqs).containsExactly(1L);
        assertThat(session.owesReplies()).isFalse();
    }

    @Test
    void otherRequests_areAnsweredWhileTheClientIsBehind() {
        peer.behind = true;
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(heartbeat(2));
        handle(on(3, "unsubscribe", "a"));

        assertThat(peer.ids()).containsExactly(1, 2, 3);
    }

    @Test
    void replaysInFlightTogether_areHandedOverOneAfterTheOther() {
        handle(last(1, "a"));
        handle(last(2, "b"));
        relay.confirm(0);
        relay.confirm(1);
        relay.replay(0, List.of(message("m1")));
        peer.behind = true;
        relay.replay(1, List.of(message("m1"), message("m2")));
        assertThat(peer.ids()).containsExactly(1);
        assertThat(peer.seqs).containsExactly(1L);
        assertThat(peer.held).as("what is held meanwhile is counted").isPositive();

        peer.behind = false;
        session.onRoom();

        assertThat(peer.ids()).containsExactly(1, 2);
        assertThat(peer.seqs).containsExactly(1L, 1L, 2L);
        assertThat(peer.held).isZero();
        assertThat(relay.replays).as("not read again").hasSize(2);
    }

    @Test
    void heldMessages_areNoLongerCounted_whenTheConnectionEnds() {
        handle(on(1, "subscribe", "b"));
        handle(recovering(2, "a", "m0"));
        relay.confirm(1);
        relay.replay(0, List.of(message("m1")));
        assertThat(peer.held).isPositive();

        session.close();

        assertThat(peer.held).isZero();
    }

    @Test
    void endOfASubscription_isReportedToTheConnection_byUnsubscribeOnlyOnce() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(on(2, "unsubscribe", "b"));
        assertThat(peer.ended).isEmpty();

        handle(on(3, "unsubscribe", "a"));
        handle(on(4, "unsubscribe", "a"));

        assertThat(peer.ended).containsExactly("a");
    }

    @Test
    void subscribeThatFails_isAnsweredInItsTurn() {
        handle(on(1, "subscribe", "a"));
        handle(on(2, "subscribe", "b"));
        relay.fail(1, "not subscribed: no");
        thread.runAll();
        assertThat(peer.log).isEmpty();

        relay.confirm(0);

        assertThat(peer.log).hasSize(2);
        assertThat(peer.log.get(1))
                .isEqualTo("{\"requestId\":2,\"error\":{\"code\":\"Internal\",\"message\":\"not subscribed: no\"}}");
    }

    @Test
    void closeEndsSubscriptions_alsoOneWhoseReplyIsHeldBack() {
        handle(on(1, "subscribe", "a"));
        handle(on(2, "subscribe", "b"));
        handle(recovering(3, "c", "m0"));
        handle(heartbeat(4));
        relay.confirm(1);
        relay.confirm(2);
        relay.replay(0, List.of(message("m1")));
        session.close();

        relay.confirm(0);
        thread.runAll();

        assertThat(peer.log).isEmpty();
        assertThat(session.owesReplies()).isFalse();
        assertThat(relay.unsubscribed).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 0.0\n", "\nbroadcaster_channels 0.0\n");
    }

    // ---- Limits

    @Test
    void sessionIsFull_when1024RequestsWait_untilHalfOfThemAreAnswered() {
        handle(on(1, "subscribe", "a"));
        int id = 1;
        while (!session.isFull()) {
            handle(publish(++id));
            assertThat(id).isLessThan(100_000);
        }
        assertThat(id).isEqualTo(1024);

        relay.confirm(0);
        assertThat(relay.publishes).hasSize(1023);
        for (int i = 0; i < 511; i++) {
            assertThat(session.isFull()).isTrue();
            assertThat(peer.readies).isZero();
            relay.answer(i, accepted(i));
        }
        assertThat(session.isFull()).isFalse();
        assertThat(peer.readies).isEqualTo(1);
        for (int i = 511; i < 1023; i++) {
            relay.answer(i, accepted(i));
        }
        assertThat(peer.readies).isEqualTo(2);
        assertThat(peer.ids()).isEqualTo(IntStream.rangeClosed(1, 1024).boxed().toList());
    }

    @Test
    void sessionIsFull_whenTheRequestsThatWaitAreLarge() {
        String large = "{\"id\":1,\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"e\",\"payload\":\""
                + "x".repeat(60_000) + "\"}}";
        int requests = 0;
        while (!session.isFull()) {
            handle(request(large));
            requests++;
        }

        assertThat(requests).isEqualTo(5);
    }

    @Test
    void requestThatWaited_isNotHandled_whenTheTokenExpiredMeanwhile() {
        handle(publish(1));
        handle(on(2, "unsubscribe", "a"));
        peer.mayHandle = false;

        relay.answer(0, accepted(1));

        assertThat(peer.ids()).containsExactly(1);
    }

    @Test
    void aSubscribeThatFails_isAnsweredAndTakenBack() {
        handle(on(1, "subscribe", "a"));
        handle(heartbeat(2));

        relay.fail(0, "not subscribed: the relay is away");
        assertThat(peer.log).as("never inside the request").isEmpty();
        thread.runAll();

        assertThat(peer.log)
                .startsWith("{\"requestId\":1,\"error\":"
                        + "{\"code\":\"Internal\",\"message\":\"not subscribed: the relay is away\"}}")
                .hasSize(2);
        assertThat(peer.readies).isEqualTo(1);
        assertThat(relay.unsubscribed).containsExactly("a");
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 0.0\n", "\nbroadcaster_channels 0.0\n");
    }

    @Test
    void aSubscribeThatFailed_canBeTriedAgain_andALateConfirmationMeansNothing() {
        handle(on(1, "subscribe", "a"));
        relay.fail(0, "not subscribed: the relay is away");
        thread.runAll();
        handle(on(2, "subscribe", "a"));

        relay.confirm(0);
        thread.runAll();
        assertThat(peer.log).hasSize(1);
        relay.confirm(1);

        assertThat(peer.log).hasSize(2);
        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,\"result\":");
        thread.outside(() -> hub.onMessage(message("m")));
        thread.runAll();
        assertThat(peer.seqs).containsExactly(1L);
        assertThat(relay.unsubscribed).containsExactly("a");
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 1.0\n", "\nbroadcaster_channels 1.0\n");
    }

    @Test
    void aSubscribeThatFails_failsForAllWaitingSubscribers_andForNoLiveOne() {
        FakePeer otherPeer = new FakePeer();
        Session other = new Session(hub.shards().get(0), otherPeer);
        other.identity(
                new Identity("v", ChannelGrants.of(List.of("*")), ChannelGrants.of(List.of("*")), Long.MAX_VALUE));
        handle(on(1, "subscribe", "a"));
        dispatcher.dispatch(other, on(1, "subscribe", "a"));
        relay.fail(0, "not subscribed: no");
        thread.runAll();
        assertThat(peer.log).hasSize(1);
        assertThat(otherPeer.log).hasSize(1);

        handle(on(2, "subscribe", "a"));
        relay.confirm(1);
        relay.fail(1, "not subscribed: never");
        thread.runAll();

        assertThat(peer.log).hasSize(2);
        assertThat(relay.unsubscribed).containsExactly("a");
    }

    @Test
    void aSubscribeThatFailsAfterTheEnd_isTakenBackOnce() {
        handle(on(1, "subscribe", "a"));
        session.close();

        relay.fail(0, "not subscribed: no");
        thread.runAll();

        assertThat(peer.log).isEmpty();
        assertThat(relay.unsubscribed).containsExactly("a");
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 0.0\n");
    }

    @Test
    void nothingIsSentAfterClose_whateverWasOpen() {
        handle(publish(1));
        handle(heartbeat(2));
        session.close();

        relay.answer(0, accepted(1));
        thread.runAll();

        assertThat(peer.log).isEmpty();
        assertThat(peer.readies).isZero();
    }

    @Test
    void closeEndsSubscriptions_alsoOneThatIsNotLive() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(on(2, "subscribe", "b"));
        session.close();

        relay.confirm(1);
        thread.runAll();
        hub.onMessage(new Message("m", "t", "a", "\"e\"".getBytes(UTF_8), "1".getBytes(UTF_8)));
        hub.onMessage(new Message("m", "t", "b", "\"e\"".getBytes(UTF_8), "1".getBytes(UTF_8)));
        thread.runAll();

        assertThat(relay.unsubscribed).containsExactlyInAnyOrder("a", "b");
        assertThat(peer.log).hasSize(1);
        assertThat(peer.broadcasts).isZero();
        assertThat(metrics.scrape()).contains("\nbroadcaster_subscriptions 0.0\n", "\nbroadcaster_channels 0.0\n");
    }

    @Test
    void aNotificationGetsNoReply_butAnErrorWithoutId() {
        handle(request("{\"method\":\"publish\",\"params\":{\"channel\":\"a\",\"event\":\"e\",\"payload\":1}}"));
        handle(publish(2));
        relay.answer(1, accepted(2));
        relay.answer(0, accepted(1));
        assertThat(peer.log).hasSize(1);
        assertThat(peer.log.get(0)).startsWith("{\"requestId\":2,");

        handle(request("{\"method\":\"nonsense\"}"));
        assertThat(peer.log.get(1)).isEqualTo("{\"error\":{\"code\":\"NotFound\",\"message\":\"no such method\"}}");
    }

    @Test
    void theReplyToAPublishComesBeforeThePublishersOwnCopy() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(publish(2));
        // The message returns before the answer: the fan-out is a separate task, after the current one.
        hub.onMessage(message("m2"));
        relay.answer(0, accepted(2));
        thread.runAll();

        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,");
        assertThat(peer.log.get(2)).isEqualTo("broadcasts");
    }

    @Test
    void theReplyToAPublishComesBeforeThePublishersOwnCopy_whenBothComeFromTheRelaysThread() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(publish(2));
        handle(publish(3));
        for (int i = 0; i < 8; i++) { // until the drain no longer gives way
            thread.outside(() -> hub.onMessage(message("another's")));
            thread.runOne();
        }
        thread.outside(() -> {
            relay.answer(0, accepted(2));
            hub.onMessage(message("m2"));
            relay.answer(1, accepted(3));
            hub.onMessage(message("m3"));
        });

        thread.runAll();

        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,");
        assertThat(peer.log.get(2)).startsWith("{\"requestId\":3,");
        assertThat(peer.log.subList(3, peer.log.size())).containsExactly("broadcasts");
    }

    @Test
    void aMessageBeforeTheConfirmationIsNotDelivered_andOneAfterItIs() {
        handle(on(1, "subscribe", "a"));
        thread.outside(() -> {
            hub.onMessage(message("before"));
            relay.confirm(0);
            hub.onMessage(message("after, but before the reply"));
        });
        thread.runAll();
        assertThat(peer.log).hasSize(1);
        assertThat(peer.log.get(0)).startsWith("{\"requestId\":1,");

        thread.outside(() -> hub.onMessage(message("after the reply")));
        thread.runAll();

        assertThat(peer.seqs).containsExactly(1L);
    }

    @Test
    void errorsComeInTheOrderOfTheProtocol() {
        for (int i = 0; i < MAX_SUBSCRIPTIONS - 2; i++) {
            handle(on(100, "subscribe", "other" + i));
            relay.confirm(i);
        }
        peer.log.clear();
        handle(on(1, "subscribe", "a"));
        relay.confirm(MAX_SUBSCRIPTIONS - 2);
        handle(on(2, "subscribe", "a"));
        handle(on(3, "subscribe", "a::b"));
        handle(on(4, "unsubscribe", "never"));
        handle(on(5, "subscribe", "b"));
        relay.confirm(MAX_SUBSCRIPTIONS - 1);
        handle(on(6, "subscribe", "c"));
        handle(on(7, "subscribe", "a"));
        handle(on(8, "unsubscribe", "a"));
        handle(on(9, "unsubscribe", "a"));

        assertThat(peer.log.stream().map(reply -> reply.replaceAll("^\\{\"requestId\":|,\"result.*|,\"message.*", "")))
                .containsExactly(
                        "1",
                        "2,\"error\":{\"code\":\"AlreadyExists\"",
                        "3,\"error\":{\"code\":\"InvalidArgument\"",
                        "4,\"error\":{\"code\":\"NotFound\"",
                        "5",
                        "6,\"error\":{\"code\":\"FailedPrecondition\"",
                        "7,\"error\":{\"code\":\"AlreadyExists\"",
                        "8",
                        "9,\"error\":{\"code\":\"NotFound\"");
    }

    private Request refresh(String issuedAt, String... channels) {
        String token = Tokens.claims()
                .with("sub", "\"u\"")
                .with("iat", issuedAt)
                .with("exp", String.valueOf(time.epochMillis() / 1_000 + 60))
                .channels(channels)
                .token(SECRET);
        return request("{\"id\":1,\"method\":\"refresh\",\"params\":{\"token\":\"" + token + "\"}}");
    }

    /** A client may have many subscriptions, and a refresh with a known token costs it nothing. */
    @Test
    @Timeout(20)
    void aRefreshWithTheSameChannels_doesNotVisitTheSubscriptions() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        thread.runAll();
        Subscription subscription = session.subscriptions().get("a");
        for (int i = 0; i < 100_000; i++) {
            session.subscriptions().put("c" + i, subscription);
        }
        List<Request> refreshes = List.of(refresh("1", "a", "b"), refresh("2", "b", "a"));

        for (int i = 0; i < 30_000; i++) {
            peer.log.clear();
            handle(refreshes.get(i % 2));
            assertThat(peer.log.get(0)).contains("\"result\"");
        }

        assertThat(session.subscriptions()).hasSize(100_001);
    }

    @Test
    void aRefreshWithFewerChannels_endsTheOthers_alsoAfterOneWithTheSame() {
        handle(on(1, "subscribe", "a"));
        handle(on(2, "subscribe", "b"));
        relay.confirm(0);
        relay.confirm(1);
        thread.runAll();

        handle(refresh("1", "a", "b"));
        handle(refresh("2", "a", "b"));
        assertThat(peer.ended).isEmpty();
        handle(refresh("3", "b", "c"));

        assertThat(peer.ended).containsExactly("a");
        assertThat(session.subscriptions()).containsOnlyKeys("b");
    }

    /** The session's thread is that of the test, unless the test says otherwise. */
    private static final class FakePeer implements Peer {
        final List<String> log = new ArrayList<>();
        final List<Long> seqs = new ArrayList<>();
        int readies;
        int broadcasts;
        boolean mayHandle = true;
        boolean behind;
        long held;
        final List<String> ended = new ArrayList<>();

        /** The ids of the requests that were answered, in order. */
        List<Integer> ids() {
            return log.stream()
                    .filter(text -> text.startsWith("{\"requestId\":"))
                    .map(text -> Integer.valueOf(text.substring(13, text.indexOf(','))))
                    .toList();
        }

        @Override
        public void send(byte[] json) {
            log.add(new String(json, UTF_8));
        }

        @Override
        public void close(CloseCode code, String reason) {
            log.add("closed");
        }

        @Override
        public void onIdentity() {}

        @Override
        public boolean hold(long held, long bytes) {
            return true;
        }

        @Override
        public void release(long bytes) {}

        @Override
        public long share() {
            return Long.MAX_VALUE;
        }

        @Override
        public void onReady() {
            readies++;
        }

        @Override
        public void keepAlive() {}

        @Override
        public boolean mayHandle() {
            return mayHandle;
        }

        @Override
        public void onBug(RuntimeException e) {
            throw e;
        }

        @Override
        public void onUnsubscribed(String channel) {
            ended.add(channel);
        }

        @Override
        public void onHeld(long difference) {
            held += difference;
        }

        @Override
        public boolean isBehind() {
            return behind;
        }

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            log.add("broadcasts");
            broadcasts++;
            for (int i = 0; i < batch.size(); i++) {
                seqs.add(batch.position(i) - base);
            }
            return true;
        }

        @Override
        public void onTurnEnd() {}

        @Override
        public void onRecovered(Batch batch, long base) {
            log.add("recovered");
            for (int i = 0; i < batch.size(); i++) {
                seqs.add(batch.position(i) - base);
            }
        }
    }

    /** Answers and confirms when the test tells it to. */
    private static final class FakeRelay implements Relay {
        private final List<PublishCallback> publishes = new ArrayList<>();
        private final List<SubscribeCallback> subscribes = new ArrayList<>();
        private final List<ReplayCallback> replays = new ArrayList<>();
        final List<String> unsubscribed = new ArrayList<>();

        void answer(int publish, PublishOutcome outcome) {
            publishes.get(publish).onOutcome(outcome);
        }

        void confirm(int subscribe) {
            subscribes.get(subscribe).onSubscribed();
        }

        void fail(int subscribe, String reason) {
            subscribes.get(subscribe).onFailed(reason);
        }

        void replay(int replay, List<Message> messages) {
            replays.get(replay).onReplayed(new Replayed(true, messages, "e-" + messages.size()));
        }

        @Override
        public void start(RelayListener listener) {}

        @Override
        public void publish(Publication publication, PublishCallback callback) {
            publishes.add(callback);
        }

        @Override
        public void subscribe(String channel, SubscribeCallback callback) {
            subscribes.add(callback);
        }

        @Override
        public void unsubscribe(String channel) {
            unsubscribed.add(channel);
        }

        @Override
        public void replay(String channel, Replay replay, ReplayCallback callback) {
            replays.add(callback);
        }

        @Override
        public void history(String channel, String afterId, int limit, HistoryCallback callback) {
            throw new AssertionError("not used here");
        }

        @Override
        public String trouble() {
            return null;
        }

        @Override
        public void close() {}
    }
}
