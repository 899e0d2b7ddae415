package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.Publication;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The promises of {@link Relay} for every implementation. No test expects an answer before a method returns. */
public abstract class RelayContract {
    protected static final Duration SOON = Duration.ofSeconds(Long.getLong("relay.soon", 30));
    protected static final Duration POLL = Duration.ofMillis(1);
    private static final int PUBLISHERS = 8;
    private static final int MESSAGES = Integer.getInteger("relay.messages", 10_000);
    /** The number of publishes that one publisher may have unanswered. */
    private static final int IN_FLIGHT = 128;

    /** The histories of channels with these prefixes. */
    protected static final HistoryConfig HISTORY = new HistoryConfig(List.of(
            new HistoryConfig.Rule("kept:", 5, Duration.ofMinutes(10)),
            new HistoryConfig.Rule("kept:few:", 3, Duration.ofMinutes(10)),
            new HistoryConfig.Rule("kept:much:", 100_000, Duration.ofMinutes(10)),
            new HistoryConfig.Rule("kept:briefly:", 100, Duration.ofSeconds(2))));

    protected final FakeTime time = new FakeTime();
    protected final Listener listener = new Listener();
    protected Relay relay;
    private final Set<String> subscribed = new HashSet<>();

    /** The number of messages that the test has made the relay lose. */
    protected long expectedLosses;

    /** A relay that has not been started; the contract closes {@link #relay}. */
    protected abstract Relay newRelay() throws Exception;

    /** Ages an idempotency key by {@code age}. */
    protected void letKeysAge(Duration age) {
        time.advance(age);
    }

    /** Ages kept messages by {@code age}. */
    protected void letTimePass(Duration age) {
        time.advance(age);
    }

    @BeforeEach
    void start() throws Exception {
        relay = newRelay();
        relay.start(listener);
        soon().untilAsserted(() -> assertThat(relay.trouble()).isNull());
    }

    @AfterEach
    void close() {
        relay.close();
        assertThat(listener.losses)
                .as("losses, of which those without a fault are wrong")
                .hasValue(expectedLosses);
    }

    @Test
    void aMessageIsDelivered_asItWasPublished() {
        subscribe("a:b");

        PublishOutcome.Accepted accepted =
                accepted(new Publication("a:b", json("\"é\\u00e9\""), json("{ \"x\":1.50 }"), null));

        Message message =
                soon().until(() -> listener.of("a:b"), all -> !all.isEmpty()).get(0);
        assertThat(message.id()).isEqualTo(accepted.id()).matches("[A-Za-z0-9_-]{1,64}");
        assertThat(message.createTime()).isEqualTo(accepted.createTime());
        assertThat(message.createTime()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        assertThat(message.channel()).isEqualTo("a:b");
        assertThat(message.event()).isEqualTo(json("\"é\\u00e9\""));
        assertThat(message.payload()).isEqualTo(json("{ \"x\":1.50 }"));
    }

    @Test
    void messagesOfAChannelComeInOneOrder_eachPublishersInItsOwn_atMostOnce_oneCallAtATime() throws Exception {
        String[] channels = {"one", "two"};
        subscribe("one");
        subscribe("two");
        AtomicInteger answers = new AtomicInteger();
        Map<String, String> publisherOf = new ConcurrentHashMap<>();
        CountDownLatch ready = new CountDownLatch(PUBLISHERS);
        List<Thread> publishers = new ArrayList<>();
        for (int p = 0; p < PUBLISHERS; p++) {
            int publisher = p;
            Thread thread = new Thread(() -> {
                Semaphore inFlight = new Semaphore(IN_FLIGHT);
                ready.countDown();
                for (int n = 0; n < MESSAGES; n++) {
                    inFlight.acquireUninterruptibly();
                    String name = publisher + " " + n;
                    relay.publish(publication(channels[n % 2], '"' + name + '"'), outcome -> {
                        answers.incrementAndGet();
                        String id = ((PublishOutcome.Accepted) outcome).id();
                        assertThat(publisherOf.put(id, name)).isNull();
                        inFlight.release();
                    });
                }
            });
            publishers.add(thread);
            thread.start();
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }

        soon().until(() -> answers.get() == PUBLISHERS * MESSAGES);
        soon().until(() -> listener.count.get() == PUBLISHERS * MESSAGES);
        for (int c = 0; c < 2; c++) {
            List<Message> messages = listener.of(channels[c]);
            assertThat(messages).hasSize(PUBLISHERS * MESSAGES / 2);
            Set<String> ids = new HashSet<>();
            int[] next = new int[PUBLISHERS];
            Arrays.fill(next, c);
            for (Message message : messages) {
                ids.add(message.id());
                String name = new String(message.payload(), UTF_8);
                assertThat('"' + publisherOf.get(message.id()) + '"').isEqualTo(name);
                String[] parts = name.replace("\"", "").split(" ", -1);
                int publisher = Integer.parseInt(parts[0]);
                if (Integer.parseInt(parts[1]) != next[publisher]) {
                    throw new AssertionError(name + " (expected: " + next[publisher] + ")");
                }
                next[publisher] += 2;
            }
            assertThat(ids).hasSize(messages.size());
        }
        assertThat(answers).as("each callback once").hasValue(PUBLISHERS * MESSAGES);
        assertThat(listener.overlaps)
                .as("calls for one channel at the same time")
                .hasValue(0);
    }

    @Test
    void messagesAcceptedAfterOnSubscribed_areDelivered() {
        for (int i = 0; i < 300; i++) {
            String channel = "barrier:" + i;
            List<String> id = new CopyOnWriteArrayList<>();
            relay.subscribe(
                    channel,
                    then(() -> relay.publish(
                            publication(channel, "1"), outcome -> id.add(((PublishOutcome.Accepted) outcome).id()))));

            soon().until(() -> listener.of(channel), all -> !all.isEmpty());
            soon().until(() -> !id.isEmpty());
            assertThat(listener.of(channel)).extracting(Message::id).containsExactlyElementsOf(id);
        }
    }

    @Test
    void aChannelIsReceived_untilItHasBeenUnsubscribedAsOften() {
        subscribe("a");
        subscribe("a");
        relay.unsubscribe("a");

        PublishOutcome.Accepted accepted = accepted(publication("a", "1"));

        soon().until(() -> !listener.of("a").isEmpty());
        assertThat(listener.of("a")).extracting(Message::id).containsExactly(accepted.id());

        relay.unsubscribe("a");
        subscribe("a");
        PublishOutcome.Accepted again = accepted(publication("a", "1"));
        soon().until(() -> listener.of("a").size() == 2);
        assertThat(listener.of("a").get(1).id()).isEqualTo(again.id());
    }

    @Test
    void aSubscribe_isAnsweredOnce() {
        AtomicInteger answers = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            relay.subscribe("a", then(answers::incrementAndGet));
        }
        subscribe("a");
        subscribe("b");

        accepted(publication("a", "1"));
        soon().until(() -> listener.of("a").size() == 1);
        assertThat(answers).hasValue(3);
    }

    @Test
    void close_answersEveryPublishInFlight_once() throws Exception {
        Map<Integer, AtomicInteger> answers = new ConcurrentHashMap<>();
        AtomicInteger published = new AtomicInteger();
        List<Thread> publishers = new ArrayList<>();
        CountDownLatch under = new CountDownLatch(4 * 500);
        for (int p = 0; p < 4; p++) {
            Thread thread = new Thread(() -> {
                for (int n = 0; n < 1_000; n++) {
                    int number = published.getAndIncrement();
                    answers.put(number, new AtomicInteger());
                    relay.publish(
                            publication("a" + number % 8, "1"),
                            outcome -> answers.get(number).incrementAndGet());
                    under.countDown();
                }
            });
            publishers.add(thread);
            thread.start();
        }
        under.await();
        relay.close();
        for (Thread publisher : publishers) {
            publisher.join();
        }

        assertThat(answers).hasSize(4_000);
        soon().untilAsserted(() -> assertThat(answers.values())
                .allSatisfy(count -> assertThat(count).hasValue(1)));
    }

    @Test
    void aPublishIsAccepted_withoutASubscriber() {
        assertThat(accepted(publication("nobody", "1")).id()).isNotEmpty();
    }

    @Test
    void aKeyPublishesOnce_andAnswersWithTheFirstAnswer() {
        subscribe("a");
        PublishOutcome first = publish(withKey("a", "1", "key"));
        PublishOutcome second = publish(withKey("a", "1", "key"));

        assertThat(second).isEqualTo(first).isInstanceOf(PublishOutcome.Accepted.class);
        PublishOutcome.Accepted last = accepted(publication("a", "\"last\""));
        soon().until(() -> listener.of("a").size() >= 2);
        assertThat(listener.of("a"))
                .extracting(Message::id)
                .containsExactly(((PublishOutcome.Accepted) first).id(), last.id());
    }

    @Test
    void aKeyBelongsToItsChannel() {
        PublishOutcome one = publish(withKey("a", "1", "key"));
        PublishOutcome two = publish(withKey("b", "1", "key"));
        PublishOutcome three = publish(withKey("a", "1", "Key"));

        assertThat(Set.of(one, two, three)).hasSize(3).allMatch(PublishOutcome.Accepted.class::isInstance);
    }

    @Test
    void aKeyIsRefused_whenItComesWithAnotherMessage() {
        subscribe("a");
        PublishOutcome.Accepted first = accepted(withKey("a", "1", "key"));

        assertThat(publish(withKey("a", "2", "key"))).isInstanceOf(PublishOutcome.KeyReused.class);
        assertThat(publish(new Publication("a", json("\"other\""), json("1"), "key")))
                .isInstanceOf(PublishOutcome.KeyReused.class);
        assertThat(publish(withKey("a", "1", "key"))).isEqualTo(first);
        PublishOutcome.Accepted last = accepted(publication("a", "\"last\""));
        soon().until(() -> listener.of("a").size() >= 2);
        assertThat(listener.of("a")).extracting(Message::id).containsExactly(first.id(), last.id());
    }

    @Test
    void aKeyIsForgotten_afterFiveMinutes_andNotBefore() {
        PublishOutcome.Accepted first = accepted(withKey("a", "1", "key"));
        letKeysAge(Duration.ofMillis(299_000));
        assertThat(publish(withKey("a", "1", "key"))).isEqualTo(first);

        letKeysAge(Duration.ofMillis(2_000));
        PublishOutcome.Accepted second = accepted(withKey("a", "2", "key"));
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(publish(withKey("a", "2", "key"))).isEqualTo(second);
    }

    @Test
    void aKeyPublishesOnce_whenManyUseItAtOnce() throws Exception {
        subscribe("a");
        Set<PublishOutcome> outcomes = ConcurrentHashMap.newKeySet();
        AtomicInteger answers = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 50; i++) {
                    relay.publish(withKey("a", "1", "key" + i), outcome -> {
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
        assertThat(outcomes).hasSize(50).allMatch(PublishOutcome.Accepted.class::isInstance);
        PublishOutcome.Accepted last = accepted(publication("a", "\"last\""));
        soon().until(() -> listener.of("a").stream().anyMatch(m -> m.id().equals(last.id())));
        assertThat(listener.of("a")).hasSize(51);
    }

    @Test
    void aKeptMessage_hasItsPositionAsId() {
        String first = accepted(publication("kept:a", "1")).id();
        String second = accepted(publication("kept:a", "2")).id();

        assertThat(first).matches("[A-Za-z0-9]{1,40}-[1-9][0-9]*");
        String epoch = first.substring(0, first.indexOf('-'));
        long offset = Long.parseLong(first.substring(epoch.length() + 1));
        assertThat(second).isEqualTo(epoch + "-" + (offset + 1));
    }

    @Test
    void messagesAfterTheLastSeenOne_areRecovered_andNoOthers() {
        subscribe("kept:a");
        List<String> ids = publishMany("kept:a", 4);

        assertThat(recover("kept:a", ids.get(0))).containsExactlyElementsOf(ids.subList(1, 4));
        assertThat(recover("kept:a", ids.get(3))).isEmpty();
        String next = accepted(publication("kept:a", "5")).id();
        soon().until(() -> listener.of("kept:a").size() == 5);
        assertThat(recover("kept:a", ids.get(2))).containsExactly(ids.get(3), next);
    }

    @Test
    void aRecoveredMessage_equalsThePublishedOne() {
        subscribe("kept:a");
        String seen = accepted(publication("kept:a", "1")).id();
        accepted(new Publication("kept:a", json("\"é\\u00e9\""), json("{ \"x\":1.50 }"), null));
        soon().until(() -> listener.of("kept:a").size() == 2);

        Message live = listener.of("kept:a").get(1);
        List<Message> missed = new CopyOnWriteArrayList<>();
        relay.replay("kept:a", new Replay(seen, 0), recovery(missed::addAll, () -> {}));
        soon().until(() -> !missed.isEmpty());
        assertThat(missed.get(0)).usingRecursiveComparison().isEqualTo(live);
    }

    @Test
    void aRecoveryIsRefused_whenTheMessageIsNoLongerKept_orNeverWas() {
        subscribe("kept:a");
        subscribe("kept:b");
        subscribe("other");
        List<String> ids = publishMany("kept:a", 8);
        List<String> foreign = publishMany("kept:b", 3);
        String plain = accepted(publication("other", "1")).id();

        assertThat(recover("kept:a", ids.get(1)))
                .as("a message after it is trimmed")
                .isNull();
        assertThat(recover("kept:a", ids.get(2)))
                .as("trimmed, but everything after it is kept")
                .hasSize(5);
        assertThat(recover("kept:a", foreign.get(2))).as("of another channel").isNull();
        assertThat(recover("kept:a", ids.get(7).replaceAll("-.*", "-9")))
                .as("of the future")
                .isNull();
        assertThat(recover("kept:b", ids.get(7))).as("of another channel").isNull();
        for (String id : new String[] {"", "-", "-1", "x", "x-", "x-0", "x-01", "x-99999999999999999999", plain}) {
            assertThat(recover("kept:a", id)).as(id).isNull();
        }
        assertThat(recover("other", plain)).as("of a channel without a history").isNull();
    }

    @Test
    void aRecoveryIsRefused_whenTheMessageHasExpired() {
        subscribe("kept:briefly:a");
        List<String> ids = publishMany("kept:briefly:a", 2);
        assertThat(recover("kept:briefly:a", ids.get(0))).containsExactly(ids.get(1));

        letTimePass(Duration.ofMillis(2_100));
        String last = accepted(publication("kept:briefly:a", "1")).id();
        soon().until(() -> listener.of("kept:briefly:a").size() == 3);

        assertThat(recover("kept:briefly:a", ids.get(0))).isNull();
        assertThat(recover("kept:briefly:a", ids.get(1)))
                .as("expired, but nothing after it")
                .containsExactly(last);
        assertThat(recover("kept:briefly:a", last)).isEmpty();
    }

    /** The main promise: the recovered messages end exactly where the listener stands. */
    @Test
    void recoveredAndLiveJoin_withoutAHoleOrADuplicate_whileOthersPublish() throws Exception {
        String channel = "kept:much:a";
        subscribe(channel);
        publishMany(channel, 1);
        AtomicInteger open = new AtomicInteger();
        AtomicInteger right = new AtomicInteger();
        List<String> wrong = new CopyOnWriteArrayList<>();
        Thread publisher = new Thread(() -> {
            Semaphore inFlight = new Semaphore(IN_FLIGHT);
            for (int n = 0; n < MESSAGES; n++) {
                inFlight.acquireUninterruptibly();
                relay.publish(publication(channel, "1"), outcome -> inFlight.release());
            }
        });
        publisher.start();
        while (publisher.isAlive() || right.get() < 200) {
            soon().until(() -> open.get() < 20);
            List<Message> seen = listener.of(channel);
            String lastSeen = seen.get(seen.size() - 1 - right.get() % Math.min(300, seen.size()))
                    .id();
            open.incrementAndGet();
            relay.replay(
                    channel,
                    new Replay(lastSeen, 0),
                    recovery(
                            missed -> {
                                List<String> after = ids(listener.of(channel));
                                after = after.subList(after.indexOf(lastSeen) + 1, after.size());
                                if (!ids(missed).equals(after)) {
                                    wrong.add(missed.size() + " (expected: " + after.size() + ")");
                                }
                                right.incrementAndGet();
                                open.decrementAndGet();
                            },
                            () -> {
                                wrong.add("refused");
                                right.incrementAndGet();
                                open.decrementAndGet();
                            }));
        }
        soon().until(() -> open.get() == 0);
        assertThat(wrong).isEmpty();
    }

    @Test
    void aHistoryIsReadPageByPage() {
        List<String> ids = publishMany("kept:much:b", 300);

        assertThat(readAll("kept:much:b", null, 7)).containsExactlyElementsOf(ids);
        assertThat(readAll("kept:much:b", null, 1000)).containsExactlyElementsOf(ids);
        assertThat(readAll("kept:much:b", ids.get(99), 1000)).containsExactlyElementsOf(ids.subList(100, 300));
        assertThat(readAll("kept:much:b", ids.get(299), 1000)).isEmpty();
        assertThat(read("kept:much:b", "x-1", 10)).isInstanceOf(HistoryOutcome.NotKept.class);
        assertThat(read("kept:empty", null, 10)).isEqualTo(new HistoryOutcome.Page(List.of(), false));
        assertThat(read("kept:empty", ids.get(0), 10)).isInstanceOf(HistoryOutcome.NotKept.class);
        assertThat(read("other", null, 10)).isInstanceOf(HistoryOutcome.NoHistory.class);
    }

    @Test
    void aHistoryThatHasExpired_isEmpty_andHasNoMore() {
        List<String> ids = publishMany("kept:briefly:b", 2);
        letTimePass(Duration.ofMillis(2_100));

        assertThat(read("kept:briefly:b", null, 10)).isEqualTo(new HistoryOutcome.Page(List.of(), false));
        assertThat(read("kept:briefly:b", ids.get(1), 10)).isEqualTo(new HistoryOutcome.Page(List.of(), false));
        assertThat(read("kept:briefly:b", ids.get(0), 10)).isInstanceOf(HistoryOutcome.NotKept.class);
    }

    @Test
    void keptMessages_areRead_afterAnyNumberOfExpiredOnes() {
        List<String> old = publishMany("kept:briefly:c", 40);
        letTimePass(Duration.ofMillis(1_500));
        List<String> young = publishMany("kept:briefly:c", 3);
        letTimePass(Duration.ofMillis(1_000));

        assertThat(readAll("kept:briefly:c", null, 7)).containsExactlyElementsOf(young);
        assertThat(readAll("kept:briefly:c", young.get(0), 1)).containsExactlyElementsOf(young.subList(1, 3));
        assertThat(readAll("kept:briefly:c", old.get(39), 2)).containsExactlyElementsOf(young);
        assertThat(read("kept:briefly:c", old.get(38), 10)).isInstanceOf(HistoryOutcome.NotKept.class);
    }

    @Test
    void aHistoryOfLargeMessages_isReadInSmallPages_toItsEnd() {
        String large = "\"" + "x".repeat(700_000) + "\"";
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ids.add(accepted(publication("kept:much:large", large)).id());
        }

        assertThat(((HistoryOutcome.Page) read("kept:much:large", null, 1000)).messages())
                .hasSizeBetween(1, 3);
        assertThat(readAll("kept:much:large", null, 1000)).containsExactlyElementsOf(ids);
        assertThat(readAll("kept:much:large", ids.get(1), 1000)).containsExactlyElementsOf(ids.subList(2, 6));
    }

    @Test
    void aKeyIsAnsweredWithTheFirstId_inAChannelWithAHistory() {
        subscribe("kept:a");
        PublishOutcome.Accepted first = accepted(withKey("kept:a", "1", "key"));

        assertThat(publish(withKey("kept:a", "1", "key"))).isEqualTo(first);
        assertThat(publish(withKey("kept:a", "2", "key"))).isInstanceOf(PublishOutcome.KeyReused.class);
        PublishOutcome.Accepted last = accepted(publication("kept:a", "3"));
        soon().until(() -> listener.of("kept:a").size() >= 2);
        assertThat(ids(listener.of("kept:a"))).containsExactly(first.id(), last.id());
        assertThat(recover("kept:a", first.id())).containsExactly(last.id());
    }

    /** The grammar of clients is checked at their requests; a relay accepts any name of 1 to 200 bytes of UTF-8. */
    @ParameterizedTest
    @MethodSource("dev.broadcaster.relay.ChannelNames#all")
    void aChannelMayHaveAnyName(String name) {
        for (String channel : List.of(name, "kept:" + ChannelNames.shortened(name))) {
            subscribe(channel);
            PublishOutcome first = publish(relay, withKey(channel, "1", "a key"));
            assertThat(publish(relay, withKey(channel, "1", "a key"))).isEqualTo(first);
            PublishOutcome.Accepted second = accepted(publication(channel, "2"));
            assertThat(first).isInstanceOf(PublishOutcome.Accepted.class);

            soon().untilAsserted(() -> assertThat(listener.events(channel))
                    .containsExactly(((PublishOutcome.Accepted) first).id(), second.id()));
            assertThat(listener.of(channel)).extracting(Message::channel).containsOnly(channel);
            if (channel.startsWith("kept:")) {
                assertThat(recover(channel, ((PublishOutcome.Accepted) first).id()))
                        .containsExactly(second.id());
            }
        }
    }

    @Test
    void aKeyBelongsToItsChannel_whereverTheSpacesAre() {
        PublishOutcome first = publish(relay, withKey("a", "1", "b c"));

        assertThat(publish(relay, withKey("a b", "2", "c")))
                .isInstanceOf(PublishOutcome.Accepted.class)
                .isNotEqualTo(first);
    }

    /**
     * Publishes one after the other, and waits until the listener has received all of them if it receives the channel.
     */
    protected final List<String> publishMany(String channel, int count) {
        int before = listener.of(channel).size();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(accepted(publication(channel, Integer.toString(i))).id());
        }
        if (subscribed.contains(channel)) {
            until(() -> listener.of(channel).size() == before + count);
        }
        return ids;
    }

    /** The ids of the recovered messages, or null if the recovery was refused. */
    protected final List<String> recover(String channel, String lastSeen) {
        Replayed replayed = replay(channel, new Replay(lastSeen, 0));
        return replayed.complete() ? ids(replayed.messages()) : null;
    }

    protected final Replayed replay(String channel, Replay replay) {
        return replay(relay, channel, replay);
    }

    /** A callback that fails on a failure. */
    protected static ReplayCallback answer(Consumer<Replayed> onReplayed) {
        return answer(onReplayed, reason -> {
            throw new AssertionError(reason);
        });
    }

    protected static ReplayCallback answer(Consumer<? super Replayed> onReplayed, Consumer<? super String> onFailed) {
        return new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {
                onReplayed.accept(replayed);
            }

            @Override
            public void onFailed(String reason) {
                onFailed.accept(reason);
            }
        };
    }

    protected static Replayed replay(Relay at, String channel, Replay replay) {
        List<Object> answers = new CopyOnWriteArrayList<>();
        at.replay(channel, replay, answer(answers::add, answers::add));
        until(() -> !answers.isEmpty());
        assertThat(answers).hasSize(1);
        assertThat(answers.get(0)).isInstanceOf(Replayed.class);
        return (Replayed) answers.get(0);
    }

    /** Waits for a condition. Most are true at once, and Awaitility starts a thread even then. */
    private static void until(BooleanSupplier condition) {
        if (!condition.getAsBoolean()) {
            soon().until(condition::getAsBoolean);
        }
    }

    protected static ConditionFactory soon() {
        return await().atMost(SOON).pollDelay(Duration.ZERO).pollInterval(POLL);
    }

    protected static ReplayCallback recovery(Consumer<List<Message>> onRecovered, Runnable onRefused) {
        return new ReplayCallback() {
            @Override
            public void onReplayed(Replayed replayed) {
                if (replayed.complete()) {
                    onRecovered.accept(replayed.messages());
                } else {
                    onRefused.run();
                }
            }

            @Override
            public void onFailed(String reason) {
                throw new AssertionError(reason);
            }
        };
    }

    protected static List<String> ids(List<Message> messages) {
        return messages.stream().map(Message::id).toList();
    }

    protected final HistoryOutcome read(String channel, String after, int limit) {
        List<HistoryOutcome> outcomes = new CopyOnWriteArrayList<>();
        relay.history(channel, after, limit, outcomes::add);
        until(() -> !outcomes.isEmpty());
        return outcomes.get(0);
    }

    protected final List<String> readAll(String channel, String after, int limit) {
        List<String> ids = new ArrayList<>();
        String last = after;
        while (true) {
            HistoryOutcome.Page page = (HistoryOutcome.Page) read(channel, last, limit);
            assertThat(page.messages()).hasSizeLessThanOrEqualTo(limit);
            ids.addAll(ids(page.messages()));
            if (!page.more()) {
                return ids;
            }
            assertThat(page.messages()).isNotEmpty();
            assertThat(ids).as("the pages end").hasSizeLessThan(10_000);
            last = ids.get(ids.size() - 1);
        }
    }

    protected static SubscribeCallback then(Runnable onSubscribed) {
        return new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                onSubscribed.run();
            }

            @Override
            public void onFailed(String reason) {
                throw new AssertionError(reason);
            }
        };
    }

    protected final void subscribe(String channel) {
        CountDownLatch confirmed = new CountDownLatch(1);
        relay.subscribe(channel, then(confirmed::countDown));
        until(() -> confirmed.getCount() == 0);
        subscribed.add(channel);
    }

    protected final PublishOutcome.Accepted accepted(Publication publication) {
        return accepted(relay, publication);
    }

    protected static PublishOutcome.Accepted accepted(Relay relay, Publication publication) {
        PublishOutcome outcome = publish(relay, publication);
        assertThat(outcome).isInstanceOf(PublishOutcome.Accepted.class);
        return (PublishOutcome.Accepted) outcome;
    }

    private PublishOutcome publish(Publication publication) {
        return publish(relay, publication);
    }

    protected static PublishOutcome publish(Relay relay, Publication publication) {
        List<PublishOutcome> outcomes = new CopyOnWriteArrayList<>();
        relay.publish(publication, outcomes::add);
        until(() -> !outcomes.isEmpty());
        assertThat(outcomes).hasSize(1);
        return outcomes.get(0);
    }

    protected static Publication publication(String channel, String payload) {
        return new Publication(channel, json("\"e\""), json(payload), null);
    }

    protected static Publication withKey(String channel, String payload, String key) {
        return new Publication(channel, json("\"e\""), json(payload), key);
    }

    private static byte[] json(String text) {
        return text.getBytes(UTF_8);
    }

    /** Keeps the received messages, and detects two calls for one channel at the same time. */
    protected static final class Listener implements RelayListener {
        final AtomicInteger count = new AtomicInteger();
        final AtomicInteger overlaps = new AtomicInteger();
        final AtomicLong losses = new AtomicLong();
        private final Map<String, List<Message>> messages = new ConcurrentHashMap<>();
        private final Map<String, List<Object>> events = new ConcurrentHashMap<>();
        private final Set<String> busy = ConcurrentHashMap.newKeySet();

        public Listener() {}

        @Override
        public void onMessage(Message message) {
            if (!busy.add(message.channel())) {
                overlaps.incrementAndGet();
            }
            add(message.channel(), message.id());
            List<Message> all = messages.computeIfAbsent(message.channel(), name -> new ArrayList<>());
            synchronized (all) {
                all.add(message);
            }
            count.incrementAndGet();
            busy.remove(message.channel());
        }

        @Override
        public void onLoss(String channel, long count) {
            add(channel, count);
            losses.addAndGet(count);
        }

        private void add(String channel, Object event) {
            events.computeIfAbsent(channel, name -> Collections.synchronizedList(new ArrayList<>()))
                    .add(event);
        }

        /** The ids of the messages and the sizes of the losses, in order. */
        public List<Object> events(String channel) {
            return List.copyOf(events.getOrDefault(channel, List.of()));
        }

        public List<Message> of(String channel) {
            List<Message> all = messages.getOrDefault(channel, List.of());
            synchronized (all) {
                return List.copyOf(all);
            }
        }
    }
}
