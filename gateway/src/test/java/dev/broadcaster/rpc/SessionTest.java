package dev.broadcaster.rpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.auth.AuthConfig;
import dev.broadcaster.auth.ChannelGrants;
import dev.broadcaster.auth.Identity;
import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.hub.Batch;
import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.ShardThread;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Publication;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.protocol.RequestScanner;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.FakeTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of replies over a relay that answers late, early, and on its own thread. */
final class SessionTest {
    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();
    private final Timestamps timestamps = new Timestamps();
    private final MessageIds ids = new MessageIds(time, 1);
    private final FakeThread thread = new FakeThread();
    private final FakeRelay relay = new FakeRelay();
    private final FakePeer peer = new FakePeer();
    private final Hub hub = new Hub(relay, List.of(thread), time, metrics);
    private final Session session = new Session(hub.shards().get(0), peer);
    private final Dispatcher dispatcher = new Dispatcher(
            new RpcConfig(2),
            new TokenVerifier(new AuthConfig(List.of("s".repeat(32)), false, List.of()), time),
            relay,
            ids,
            time,
            timestamps,
            metrics);

    SessionTest() {
        session.identity(new Identity("u", ChannelGrants.of(List.of("*")), true, true, Long.MAX_VALUE));
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

    /** What a connection does with a request. */
    private void handle(Request request) {
        assertThat(session.mustWait(request)).isFalse();
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
    void anUnknownOutcomeIsToldAsSuch() {
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
    void anotherRequestWaits_untilThePublishesBeforeItAreAnswered() {
        assertThat(session.mustWait(heartbeat(1))).isFalse();
        handle(publish(1));
        assertThat(session.mustWait(publish(2))).isFalse();
        handle(publish(2));
        assertThat(session.mustWait(heartbeat(3))).isTrue();

        relay.answer(0, accepted(1));
        assertThat(peer.readies).isZero();
        relay.answer(1, accepted(2));

        assertThat(peer.readies).isEqualTo(1);
        assertThat(session.mustWait(heartbeat(3))).isFalse();
    }

    @Test
    void aPublishToAnotherChannelWaits_untilThePublishesBeforeItAreAnswered() {
        handle(publish(1, "a"));
        assertThat(session.mustWait(publish(2, "b"))).isTrue();
        assertThat(session.mustWait(request("{\"id\":2,\"method\":\"publish\"}")))
                .isTrue();

        relay.answer(0, accepted(1));
        assertThat(peer.readies).isEqualTo(1);

        handle(publish(2, "b"));
        assertThat(session.mustWait(publish(3, "b"))).isFalse();
        handle(publish(3, "b"));
        assertThat(session.mustWait(publish(4, "a"))).isTrue();
    }

    /** What would happen if they did not wait: the later publish is accepted, its reply is held back, its copy is not. */
    @Test
    void theReplyToAPublishComesBeforeThePublishersOwnCopy_whenAnEarlierOneToAnotherChannelIsUnanswered() {
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(publish(2, "unheard"));
        Request later = publish(3, "a");
        assertThat(session.mustWait(later)).isTrue();
        peer.onReady = () -> handle(later);

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
    void whoAsksWhetherRepliesAreOwed_isToldWhenAllAreSent() {
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
    void nobodyIsToldReady_whoDidNotWait() {
        handle(publish(1));
        relay.answer(0, accepted(1));
        handle(heartbeat(2));

        assertThat(peer.readies).isZero();
        assertThat(peer.log).hasSize(2);
    }

    @Test
    void everythingWaitsForASubscribe_thatTheRelayHasNotConfirmed() {
        handle(on(1, "subscribe", "a"));
        assertThat(session.mustWait(publish(2))).isTrue();
        assertThat(session.mustWait(heartbeat(2))).isTrue();
        assertThat(peer.log).isEmpty();

        relay.confirm(0);

        assertThat(peer.log).hasSize(1);
        assertThat(peer.log.get(0)).startsWith("{\"requestId\":1,\"result\":{\"subscriptionId\":\"");
        assertThat(peer.readies).isEqualTo(1);
        assertThat(session.mustWait(publish(2))).isFalse();
    }

    @Test
    void aSubscribeThatFails_isAnsweredAndTakenBack() {
        handle(on(1, "subscribe", "a"));
        assertThat(session.mustWait(heartbeat(2))).isTrue();

        relay.fail(0, "not subscribed: the relay is away");
        assertThat(peer.log).as("never inside the request").isEmpty();
        thread.runAll();

        assertThat(peer.log)
                .containsExactly("{\"requestId\":1,\"error\":"
                        + "{\"code\":\"Internal\",\"message\":\"not subscribed: the relay is away\"}}");
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
    void aSubscribeThatFails_failsForAllWhoWait_andForNobodyWhoIsLive() {
        FakePeer otherPeer = new FakePeer();
        Session other = new Session(hub.shards().get(0), otherPeer);
        other.identity(new Identity("v", ChannelGrants.of(List.of("*")), true, true, Long.MAX_VALUE));
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
    void tooManyOpenPublishesMustWait() {
        int handled = 0;
        while (!session.mustWait(publish(handled + 1))) {
            handle(publish(++handled));
            assertThat(handled).isLessThan(100_000);
        }
        assertThat(handled).isEqualTo(1024);

        for (int i = 0; i < handled; i++) {
            relay.answer(i, accepted(i));
        }
        assertThat(peer.readies).isEqualTo(1);
        assertThat(peer.log).hasSize(handled);
    }

    @Test
    void theRequestThatWaitedIsHandled_insideOnReady() {
        handle(publish(1));
        assertThat(session.mustWait(heartbeat(2))).isTrue();
        peer.onReady = () -> handle(heartbeat(2));

        relay.answer(0, accepted(1));

        assertThat(peer.log).hasSize(2);
        assertThat(peer.log.get(1)).startsWith("{\"requestId\":2,");
        assertThat(peer.readies).isEqualTo(1);
    }

    @Test
    void nothingIsSentAfterClose_whateverWasOpen() {
        handle(publish(1));
        assertThat(session.mustWait(heartbeat(2))).isTrue();
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
        // The message comes back before the answer: the fan-out is a task of its own, behind whatever runs now.
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
        for (int i = 0; i < 8; i++) { // until the drain gives way no more
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
        handle(on(1, "subscribe", "a"));
        relay.confirm(0);
        handle(on(2, "subscribe", "a"));
        handle(on(3, "subscribe", "a::b"));
        handle(on(4, "unsubscribe", "never"));
        handle(on(5, "subscribe", "b"));
        relay.confirm(1);
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

    /** The session's thread is the test's, unless it says otherwise. */
    private static final class FakeThread implements ShardThread {
        private final Queue<Runnable> tasks = new ArrayDeque<>();
        private boolean outside;

        @Override
        public boolean isCurrent() {
            return !outside;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void outside(Runnable task) {
            outside = true;
            task.run();
            outside = false;
        }

        void runAll() {
            while (!tasks.isEmpty()) {
                runOne();
            }
        }

        void runOne() {
            tasks.remove().run();
        }
    }

    private static final class FakePeer implements Peer {
        final List<String> log = new ArrayList<>();
        final List<Long> seqs = new ArrayList<>();
        int readies;
        int broadcasts;
        Runnable onReady = () -> {};

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
        public void onReady() {
            readies++;
            onReady.run();
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
        public void onDrained() {}

        @Override
        public void onRecovered(Batch batch, long base) {
            log.add("recovered");
            for (int i = 0; i < batch.size(); i++) {
                seqs.add(batch.position(i) - base);
            }
        }
    }

    /** Answers and confirms when the test says so. */
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
            throw new AssertionError("nobody asks");
        }

        @Override
        public String trouble() {
            return null;
        }

        @Override
        public void close() {}
    }
}
