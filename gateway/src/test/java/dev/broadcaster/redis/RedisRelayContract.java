package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayContract;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The promises of {@link Relay} for two nodes of a fleet, and for a node whose Redis is silent or has lost data. */
abstract class RedisRelayContract extends ReplayContract {
    private final String prefix = "test-" + UUID.randomUUID();
    private final KeyNames names = new KeyNames(prefix, 0);
    private final RelayOfRedis relays = new RelayOfRedis(prefix, HISTORY);
    private final List<Relay> others = new ArrayList<>();

    /** The value of {@code REDIS_URL}. */
    abstract String url();

    /** Every server that accepts writes. */
    abstract List<RedisServer> masters();

    /** The master that has this key. */
    abstract RedisServer master(String key);

    @Override
    protected final Relay newRelay() {
        return relays.at(url());
    }

    @Override
    protected final void letKeysAge(Duration age) {
        relays.letKeysAge(masters(), age);
    }

    @Override
    protected final void letTimePass(Duration age) {
        RelayOfRedis.letTimePass(age);
    }

    @Override
    protected final void letCounterExpire(String channel) {
        RelayOfRedis.letTimePass(Duration.ofMillis(2_200)); // recent readings are dropped
        master(counter(channel)).command("DEL", counter(channel));
    }

    @AfterEach
    final void closeOthers() {
        others.forEach(Relay::close);
        relays.close();
    }

    /** The relay of another node of the fleet. */
    private Relay join(Listener to) {
        Relay other = newRelay();
        others.add(other);
        other.start(to);
        soon().until(() -> other.trouble() == null);
        return other;
    }

    @Test
    void messagesOfAnotherNode_afterOnSubscribed_areDelivered() {
        Relay other = join(new Listener());
        for (int i = 0; i < 300; i++) {
            String channel = "barrier:" + i;
            List<String> id = new CopyOnWriteArrayList<>();
            relay.subscribe(
                    channel,
                    then(() -> other.publish(
                            publication(channel, "1"), outcome -> id.add(((PublishOutcome.Accepted) outcome).id()))));

            soon().until(() -> !listener.of(channel).isEmpty());
            soon().until(() -> !id.isEmpty());
            assertThat(listener.events(channel)).containsExactlyElementsOf(id);
        }
    }

    @Test
    void twoNodesSeeOneOrder_whenBothPublish() throws Exception {
        Listener otherListener = new Listener();
        Relay other = join(otherListener);
        subscribe("a");
        subscribe(other, "a");
        List<Thread> publishers = new ArrayList<>();
        for (Relay node : List.of(relay, other, relay, other)) {
            Thread thread = new Thread(() -> {
                for (int n = 0; n < 1_000; n++) {
                    node.publish(publication("a", Integer.toString(n)), outcome -> {});
                }
            });
            publishers.add(thread);
            thread.start();
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }

        soon().until(() ->
                listener.of("a").size() == 4_000 && otherListener.of("a").size() == 4_000);
        assertThat(listener.events("a")).isEqualTo(otherListener.events("a")).doesNotHaveDuplicates();
    }

    @Test
    void aKeyPublishesOnce_onWhicheverNodeItIsUsed() {
        Relay other = join(new Listener());
        subscribe("a");
        PublishOutcome first = publish(relay, withKey("a", "1", "key"));

        assertThat(publish(other, withKey("a", "1", "key")))
                .isEqualTo(first)
                .isInstanceOf(PublishOutcome.Accepted.class);
        assertThat(publish(other, withKey("a", "2", "key"))).isInstanceOf(PublishOutcome.KeyReused.class);
        PublishOutcome.Accepted last = accepted(other, publication("a", "1"));
        soon().until(() -> listener.of("a").size() >= 2);
        assertThat(listener.of("a"))
                .extracting(Message::id)
                .containsExactly(((PublishOutcome.Accepted) first).id(), last.id());
    }

    @Test
    void aKeyPublishesOnce_whenTwoNodesUseItAtOnce() throws Exception {
        Relay other = join(new Listener());
        subscribe("a");
        Set<PublishOutcome> outcomes = ConcurrentHashMap.newKeySet();
        AtomicInteger answers = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (Relay node : List.of(relay, other)) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 200; i++) {
                    node.publish(withKey("a", "1", "key" + i), outcome -> {
                        outcomes.add(outcome);
                        answers.incrementAndGet();
                    });
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        soon().until(() -> answers.get() == 400);
        assertThat(outcomes).hasSize(200).allMatch(PublishOutcome.Accepted.class::isInstance);
        PublishOutcome.Accepted last = accepted(publication("a", "1"));
        soon().until(() -> listener.of("a").stream().anyMatch(m -> m.id().equals(last.id())));
        assertThat(listener.of("a")).hasSize(201);
    }

    @Test
    void aLossIsReported_afterEarlierMessages_andBeforeLaterOnes() {
        subscribe("a");
        String first = accepted(publication("a", "1")).id();
        soon().until(() -> !listener.of("a").isEmpty());

        count("a", 3);
        String last = accepted(publication("a", "1")).id();

        soon().until(() -> listener.of("a").size() == 2);
        assertThat(listener.events("a")).containsExactly(first, 3L, last);
        expectedLosses = 3;
    }

    @Test
    void aLossFollowedBySilence_isReported_whenTheConnectionIsBack() {
        subscribe("a");
        subscribe("b");
        String first = accepted(publication("a", "1")).id();
        soon().until(() -> !listener.of("a").isEmpty());

        count("a", 3);
        count("never subscribed", 3);
        killSubscriptions();

        soon().until(() -> listener.events("a").size() == 2);
        assertThat(listener.events("a")).containsExactly(first, 3L);
        assertThat(listener.events("b")).isEmpty();
        expectedLosses = 3;
    }

    @Test
    void aLossIsReported_alsoWhenTheChannelHadNoMessageBefore() {
        subscribe("a");

        master(counter("a")).command("SET", counter("a"), "epoch 2");
        killSubscriptions();

        soon().until(() -> !listener.events("a").isEmpty());
        assertThat(listener.events("a")).containsExactly(2L);
        expectedLosses = 2;
    }

    @Test
    void aLossOfUnknownSize_isReportedAsOne_whenTheCounterIsGone() {
        subscribe("a");
        String first = accepted(publication("a", "1")).id();
        soon().until(() -> !listener.of("a").isEmpty());

        master(counter("a")).command("DEL", counter("a"));
        killSubscriptions();

        soon().until(() -> listener.events("a").size() == 2);
        assertThat(listener.events("a")).containsExactly(first, 1L);
        expectedLosses = 1;
    }

    /**
     * A master that was replaced without learning of it sends its last messages to the subscribers of the new one too.
     */
    @Test
    void lateMessages_areNotDelivered_andCountAsLost() {
        subscribe("a");
        List<Object> events = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            events.add(accepted(publication("a", "1")).id());
        }
        await().atMost(SOON).until(() -> listener.of("a").size() == 5);

        String epoch = String.valueOf(master(counter("a")).command("GET", counter("a")))
                .split(" ", -1)[0];
        sendWithoutCounting("a", envelope(epoch, 2, "late"), envelope(epoch, 3, "later"), envelope(epoch, 5, "latest"));
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(listener.events("a")).hasSize(8));
        String last = accepted(publication("a", "1")).id();

        await().atMost(SOON).until(() -> listener.of("a").size() == 6);
        events.addAll(List.of(1L, 1L, 1L, last));
        assertThat(listener.events("a")).isEqualTo(events);
        expectedLosses = 3;
    }

    private static String envelope(String epoch, long offset, String id) {
        return "1 " + epoch + ' ' + offset + ' ' + id + " 2026-01-01T00:00:00.000Z - 3 \"e\"1";
    }

    /** All at once, so that no other message comes between. */
    private void sendWithoutCounting(String channel, String... envelopes) {
        String publish = url().startsWith("redis-cluster:") ? "SPUBLISH" : "PUBLISH";
        List<String> command = new ArrayList<>(List.of(
                "EVAL",
                "for i = 2, #ARGV do redis.call('" + publish + "', ARGV[1], ARGV[i]) end",
                "1",
                counter(channel),
                names.topic(KeyNames.partition(channel), channel)));
        command.addAll(List.of(envelopes));
        master(counter(channel)).command(command.toArray(String[]::new));
    }

    @Test
    void missedMessages_areReadFromTheHistory_andNothingIsLost() {
        subscribe("kept:a");
        List<String> ids = new ArrayList<>(publishMany("kept:a", 2));

        String epoch = ids.get(0).replaceFirst("-.*", "");
        keep("kept:a", epoch, 3);
        keep("kept:a", epoch, 4);
        killSubscriptions();

        soon().until(() -> listener.of("kept:a").size() == 4);
        ids.addAll(List.of(epoch + "-3", epoch + "-4"));
        assertThat(listener.events("kept:a")).isEqualTo(ids);
    }

    @Test
    void theFirstMessagesOfAChannel_areReadFromItsHistory_too() {
        subscribe("kept:a");

        keep("kept:a", "epoch", 1);
        keep("kept:a", "epoch", 2);
        killSubscriptions();

        soon().until(() -> listener.of("kept:a").size() == 2);
        assertThat(listener.events("kept:a")).containsExactly("epoch-1", "epoch-2");
    }

    @Test
    void nothingOfAHistoryIsLost_whenTheConnectionEndsAgainAndAgain_alsoWhileItIsRead() throws Exception {
        Relay other = join(new Listener());
        for (int c = 0; c < 20; c++) {
            subscribe("kept:much:" + c);
        }
        Set<String> accepted = ConcurrentHashMap.newKeySet();
        Semaphore inFlight = new Semaphore(100);
        for (int round = 0; round < 20; round++) {
            for (int n = 0; n < 1_000; n++) {
                inFlight.acquireUninterruptibly();
                String channel = "kept:much:" + n % 20;
                other.publish(publication(channel, "1"), outcome -> {
                    if (outcome instanceof PublishOutcome.Accepted message) {
                        accepted.add(channel + ' ' + message.id());
                    }
                    inFlight.release();
                });
            }
            killSubscriptions();
            Thread.sleep(20L * (round % 10));
        }

        inFlight.acquireUninterruptibly(100);
        assertThat(accepted).hasSizeGreaterThan(1_000);
        Set<Object> got = new HashSet<>();
        soon().until(() -> {
            got.clear();
            for (int c = 0; c < 20; c++) {
                String channel = "kept:much:" + c;
                listener.events(channel).forEach(event -> got.add(channel + ' ' + event));
            }
            return got.containsAll(accepted);
        });
        for (int c = 0; c < 20; c++) {
            assertThat(listener.events("kept:much:" + c)).doesNotHaveDuplicates();
        }
    }

    @Test
    void aRecoveryIsRefused_whenTheServerThatKeptTheHistoryIsGone() {
        subscribe("kept:a");
        List<String> ids = publishMany("kept:a", 3);
        assertThat(recover("kept:a", ids.get(1))).containsExactly(ids.get(2));

        // Like after a fail-over: another server has the data that the dead one had sent it.
        String key = counter("kept:a");
        String counter = String.valueOf(master(key).command("GET", key));
        master(key).command("SET", key, counter.replaceFirst("\\S+$", "0123456789ab"));
        killSubscriptions();
        // No message that it read before the connection ended may count: another subscription there shows that there is
        // a new one.
        subscribe(Stream.iterate(0, n -> n + 1)
                .map(n -> "kept:b" + n)
                .filter(channel -> KeyNames.partition(channel) == KeyNames.partition("kept:a"))
                .findFirst()
                .orElseThrow());

        assertThat(recover("kept:a", ids.get(1))).isNull();
        List<HistoryOutcome> outcomes = new CopyOnWriteArrayList<>();
        relay.history("kept:a", ids.get(1), 10, outcomes::add);
        soon().until(() -> !outcomes.isEmpty());
        assertThat(outcomes.get(0)).isInstanceOf(HistoryOutcome.NotKept.class);
    }

    @Test
    void aRecoveryIsNotRefused_forAReadingThatIsOlderThanItsMessage() {
        Relay other = join(new Listener());
        subscribe("kept:much:a");
        AtomicInteger right = new AtomicInteger();
        List<String> wrong = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 500; i++) {
            relay.replay(
                    "kept:much:a",
                    new Replay("nobody-1", 0),
                    recovery(missed -> wrong.add("nobody's message"), () -> {}));
            other.publish(publication("kept:much:a", "1"), outcome -> {
                String id = ((PublishOutcome.Accepted) outcome).id();
                relay.replay(
                        "kept:much:a",
                        new Replay(id, 0),
                        recovery(missed -> right.incrementAndGet(), () -> wrong.add(id)));
            });
            int answers = i;
            soon().until(() -> right.get() + wrong.size() > answers);
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void aSubscribeFails_inFiveSeconds_whileRedisIsSilent_andIsReceivedLater_asItWasNotTakenBack() {
        Answer answer = new Answer();
        pause(6_500);
        long asked = System.nanoTime();
        relay.subscribe("a", answer);

        await().atMost(Duration.ofSeconds(6)).until(() -> !answer.failures.isEmpty());
        assertThat(System.nanoTime() - asked).isBetween(4_900_000_000L, 6_000_000_000L);
        assertThat(answer.failures.get(0)).startsWith("not subscribed: ");
        assertThat(relay.trouble()).isNotNull();
        soon().until(() -> relay.trouble() == null);

        String id = accepted(publication("a", "1")).id();
        soon().until(() -> !listener.of("a").isEmpty());
        assertThat(listener.events("a")).containsExactly(id);
        subscribe("a");
        assertThat(answer.failures).hasSize(1);
        assertThat(answer.confirmations).hasValue(0);
    }

    @Test
    void aSubscribeThatWasTakenBack_isNeverAnswered() {
        Answer answer = new Answer();
        pause(500);
        relay.subscribe("a", answer);
        relay.unsubscribe("a");

        subscribe("b");
        subscribe("a");
        assertThat(answer.failures).isEmpty();
        assertThat(answer.confirmations).hasValue(0);
    }

    @Test
    void close_answersPublishesInFlight_withOutcomeUnknown() {
        List<PublishOutcome> outcomes = new CopyOnWriteArrayList<>();
        pause(1_500);
        for (int i = 0; i < 10; i++) {
            relay.publish(publication("a" + i, "1"), outcomes::add);
        }

        relay.close();

        assertThat(outcomes)
                .hasSize(10)
                .allSatisfy(outcome -> assertThat(outcome)
                        .isInstanceOfSatisfying(
                                PublishOutcome.Unknown.class,
                                unknown -> assertThat(unknown.reason()).startsWith("outcome unknown")));
        assertThat(publish(relay, publication("a", "1")))
                .isInstanceOfSatisfying(
                        PublishOutcome.NotPublished.class,
                        refused -> assertThat(refused.reason()).startsWith("not published"));
        assertThat(outcomes).hasSize(10);
    }

    @Test
    void close_endsTheEventLoop() {
        Set<Thread> before = Set.copyOf(Thread.getAllStackTraces().keySet());
        Relay other = newRelay();
        other.start(new Listener());
        soon().until(() -> other.trouble() == null);
        assertThat(loops(before)).hasSize(1);

        other.close();

        soon().until(() -> loops(before).isEmpty());
    }

    private static List<Thread> loops(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("broadcaster-redis") && !before.contains(thread))
                .toList();
    }

    /** The publish has found the relay open; the relay ends before the publish proceeds. */
    @Test
    void aPublishIsAnswered_whenTheRelayEndsMeanwhile() {
        AtomicReference<Relay> ending = new AtomicReference<>();
        Thread main = Thread.currentThread();
        Relay other = relays.at(url(), new Time() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public long epochMillis() {
                if (Thread.currentThread() == main && ending.get() != null) {
                    ending.get().close();
                }
                return System.currentTimeMillis();
            }
        });
        other.start(new Listener());
        soon().until(() -> other.trouble() == null);
        List<PublishOutcome> outcomes = new CopyOnWriteArrayList<>();

        ending.set(other);
        other.publish(publication("a", "1"), outcomes::add);

        soon().until(() -> !outcomes.isEmpty());
        assertThat(outcomes).containsExactly(new PublishOutcome.NotPublished("not published: the node is stopping"));
    }

    private static void subscribe(Relay node, String channel) {
        Answer answer = new Answer();
        node.subscribe(channel, answer);
        soon().until(() -> answer.confirmations.get() == 1);
    }

    private String counter(String channel) {
        return names.counter(KeyNames.partition(channel), channel);
    }

    /** Counts this many messages of a channel without publishing them. */
    private void count(String channel, long messages) {
        String key = counter(channel);
        Object counter = master(key).command("GET", key);
        String[] fields = counter == null
                ? new String[] {"epoch", "0"}
                : counter.toString().split(" ", -1);
        master(key).command("SET", key, fields[0] + ' ' + (Long.parseLong(fields[1]) + messages));
    }

    /** Keeps a message like another node would, but does not publish it. */
    private void keep(String channel, String epoch, long offset) {
        String key = counter(channel);
        int tag = KeyNames.partition(channel);
        String server =
                String.valueOf(master(key).command("INFO", "server")).replaceFirst("(?s).*run_id:(\\w{12}).*", "$1");
        master(key).command("SET", key, epoch + ' ' + offset + ' ' + server);
        String tail = new String(
                Envelope.tail(
                        "id" + offset, "2026-01-01T00:00:00.000Z", true, "\"e\"".getBytes(UTF_8), new byte[] {'1'}),
                UTF_8);
        master(key).command("XADD", names.history(tag, channel), offset + "-" + System.currentTimeMillis(), "m", tail);
    }

    private void killSubscriptions() {
        masters().forEach(master -> master.command("CLIENT", "KILL", "TYPE", "pubsub"));
    }

    /** No master answers for this time, although all are healthy. */
    private void pause(long millis) {
        masters().forEach(master -> master.command("CLIENT", "PAUSE", Long.toString(millis), "ALL"));
    }

    private static final class Answer implements SubscribeCallback {
        final AtomicInteger confirmations = new AtomicInteger();
        final List<String> failures = new CopyOnWriteArrayList<>();

        @Override
        public void onSubscribed() {
            confirmations.incrementAndGet();
        }

        @Override
        public void onFailed(String reason) {
            failures.add(reason);
        }
    }

    /** P13: the node of a client that has received no message is gone, and the client reconnects to another one. */
    @Test
    void clientWithoutAMessage_recoversAtAnotherNode() {
        Relay first = join(new Listener());
        subscribe(first, "kept:a");
        String position = replay(first, "kept:a", new Replay(null, 0)).position();
        first.close();
        List<String> ids = publishMany("kept:a", 3);
        subscribe("kept:a");

        assertThat(recover("kept:a", position)).isEqualTo(ids);
        assertThat(readAll("kept:a", position, 2)).isEqualTo(ids);
    }

    @Test
    void clientWithoutAMessage_recovers_whenTheConnectionsToRedisEnd() {
        Relay other = join(new Listener());
        subscribe("kept:a");
        String position = replay("kept:a", new Replay(null, 0)).position();
        for (int i = 1; i <= 3; i++) {
            killSubscriptions();
            soon().until(
                            () -> { // refused while the connection is away
                                List<PublishOutcome> outcomes = new CopyOnWriteArrayList<>();
                                other.publish(publication("kept:a", "1"), outcomes::add);
                                soon().until(() -> !outcomes.isEmpty());
                                return outcomes.get(0) instanceof PublishOutcome.Accepted;
                            });
            int count = i;
            soon().until(() -> listener.of("kept:a").size() == count);
        }

        assertThat(recover("kept:a", position)).isEqualTo(listener.events("kept:a"));
    }

    @Test
    void position_isOfOneCounter_whenNodesAndPublishersComeAtOnce() {
        Relay other = join(new Listener());
        for (int i = 0; i < 50; i++) {
            String channel = "kept:new:" + i;
            subscribe(channel);
            subscribe(other, channel);
            List<String> positions = new CopyOnWriteArrayList<>();
            List<String> ids = new CopyOnWriteArrayList<>();
            for (Relay node : List.of(relay, other)) {
                node.replay(channel, new Replay(null, 0), answer(replayed -> positions.add(replayed.position())));
                node.publish(publication(channel, "1"), outcome -> ids.add(((PublishOutcome.Accepted) outcome).id()));
            }
            soon().until(() -> positions.size() == 2 && ids.size() == 2);

            String epoch = ids.get(0).replaceFirst("-.*", "");
            assertThat(ids).containsExactlyInAnyOrder(epoch + "-1", epoch + "-2");
            assertThat(positions).allMatch(position -> position.startsWith(epoch + '-'));
            soon().until(() -> listener.of(channel).size() == 2);
        }
    }

    @Test
    void position_fails_whileRedisIsSilent_andSucceedsLater() {
        subscribe("kept:a");
        List<Object> answers = new CopyOnWriteArrayList<>();
        pause(6_500);
        relay.replay("kept:a", new Replay(null, 0), answer(answers::add, answers::add));

        await().atMost(Duration.ofSeconds(6)).until(() -> !answers.isEmpty());
        assertThat(answers).hasSize(1).allMatch(answer -> String.valueOf(answer).startsWith("not subscribed: "));
        assertThat(replay("kept:a", new Replay(null, 0)).position()).endsWith("-0");
    }

    @Test
    void aHistoryIsRead_afterTheScriptsWereFlushed() {
        subscribe("kept:a");
        List<String> ids = publishMany("kept:a", 3);
        masters().forEach(server -> server.command("SCRIPT", "FLUSH"));

        assertThat(recover("kept:a", ids.get(0))).containsExactly(ids.get(1), ids.get(2));
        masters().forEach(server -> server.command("SCRIPT", "FLUSH"));
        assertThat(readAll("kept:a", ids.get(0), 10)).containsExactly(ids.get(1), ids.get(2));
    }

    @Test
    void aPublishIsAccepted_andTheHistoryStartsAgain_whenItsKeyHasAnotherType() {
        subscribe("kept:a");
        List<String> ids = new ArrayList<>(publishMany("kept:a", 2));
        String key = names.history(KeyNames.partition("kept:a"), "kept:a");
        master(key).command("SET", key, "somebody's");

        ids.addAll(publishMany("kept:a", 2));

        soon().untilAsserted(() -> assertThat(listener.events("kept:a")).isEqualTo(ids));
        assertThat(recover("kept:a", ids.get(2))).containsExactly(ids.get(3));
        assertThat(recover("kept:a", ids.get(0))).as("over what is gone").isNull();
    }

    @Test
    void aPublishIsAccepted_andTheHistoryStartsAgain_whenItsEndIsAheadOfTheCounter() {
        subscribe("kept:a");
        List<String> ids = new ArrayList<>(publishMany("kept:a", 2));
        String key = names.history(KeyNames.partition("kept:a"), "kept:a");
        master(key).command("XADD", key, "99-1", "m", "somebody's");

        ids.addAll(publishMany("kept:a", 2));

        soon().untilAsserted(() -> assertThat(listener.events("kept:a")).isEqualTo(ids));
        assertThat(recover("kept:a", ids.get(2))).containsExactly(ids.get(3));
        assertThat(recover("kept:a", ids.get(0))).as("over what is gone").isNull();
    }

    @Test
    void aPublishIsRefused_andNothingIsDelivered_whenTheCounterHasAnotherType() {
        subscribe("kept:b");
        String counter = counter("kept:b");
        master(counter).command("LPUSH", counter, "somebody's");

        assertThat(publish(relay, publication("kept:b", "1")))
                .isEqualTo(new PublishOutcome.NotPublished("not published: the relay has refused it"));
        master(counter).command("SET", counter, "no counter");
        String id = accepted(publication("kept:b", "2")).id();

        soon().untilAsserted(() -> assertThat(listener.events("kept:b")).containsExactly(id));
    }
}
