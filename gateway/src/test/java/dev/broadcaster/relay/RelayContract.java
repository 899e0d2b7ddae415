package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.Publication;
import dev.broadcaster.time.FakeTime;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Relay} promises, of every implementation. Nothing here expects an answer before a method returns. */
public abstract class RelayContract {
    protected static final Duration SOON = Duration.ofSeconds(30);
    protected static final Duration POLL = Duration.ofMillis(1);
    private static final int PUBLISHERS = 8;
    private static final int MESSAGES = 10_000;
    /** As many publishes as one publisher may have unanswered. */
    private static final int IN_FLIGHT = 128;

    protected final FakeTime time = new FakeTime();
    protected final Listener listener = new Listener();
    protected Relay relay;

    /** How many messages the test has made the relay lose. */
    protected long expectedLosses;

    /** A relay that has not been started; {@link #relay} is closed by the contract. */
    protected abstract Relay newRelay() throws Exception;

    /** Lets an idempotency key get as old as {@code age}. */
    protected void letKeysAge(Duration age) {
        time.advance(age);
    }

    @BeforeEach
    void start() throws Exception {
        relay = newRelay();
        relay.start(listener);
        await().atMost(SOON).untilAsserted(() -> assertThat(relay.trouble()).isNull());
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

        Message message = await().atMost(SOON)
                .until(() -> listener.of("a:b"), all -> !all.isEmpty())
                .get(0);
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

        await().atMost(SOON).until(() -> answers.get() == PUBLISHERS * MESSAGES);
        await().atMost(SOON).until(() -> listener.count.get() == PUBLISHERS * MESSAGES);
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
    void whatIsAcceptedAfterOnSubscribed_isDelivered() {
        for (int i = 0; i < 300; i++) {
            String channel = "barrier:" + i;
            List<String> id = new CopyOnWriteArrayList<>();
            relay.subscribe(
                    channel,
                    then(() -> relay.publish(
                            publication(channel, "1"), outcome -> id.add(((PublishOutcome.Accepted) outcome).id()))));

            await().atMost(SOON)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(POLL)
                    .until(() -> listener.of(channel), all -> !all.isEmpty());
            await().atMost(SOON).pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> !id.isEmpty());
            assertThat(listener.of(channel)).extracting(Message::id).containsExactlyElementsOf(id);
        }
    }

    @Test
    void aChannelIsReceived_untilItHasBeenUnsubscribedAsOften() {
        subscribe("a");
        subscribe("a");
        relay.unsubscribe("a");

        PublishOutcome.Accepted accepted = accepted(publication("a", "1"));

        await().atMost(SOON).until(() -> !listener.of("a").isEmpty());
        assertThat(listener.of("a")).extracting(Message::id).containsExactly(accepted.id());

        relay.unsubscribe("a");
        subscribe("a");
        PublishOutcome.Accepted again = accepted(publication("a", "1"));
        await().atMost(SOON).until(() -> listener.of("a").size() == 2);
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
        await().atMost(SOON).until(() -> listener.of("a").size() == 1);
        assertThat(answers).hasValue(3);
    }

    @Test
    void close_answersEveryPublishThatIsOnItsWay_once() throws Exception {
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
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(answers.values())
                        .allSatisfy(count -> assertThat(count).hasValue(1)));
    }

    @Test
    void aPublishIsAccepted_whenNobodyIsSubscribed() {
        assertThat(accepted(publication("nobody", "1")).id()).isNotEmpty();
    }

    @Test
    void aKeyPublishesOnce_andAnswersWithTheFirstAnswer() {
        subscribe("a");
        PublishOutcome first = publish(withKey("a", "1", "key"));
        PublishOutcome second = publish(withKey("a", "1", "key"));

        assertThat(second).isEqualTo(first).isInstanceOf(PublishOutcome.Accepted.class);
        PublishOutcome.Accepted last = accepted(publication("a", "\"last\""));
        await().atMost(SOON).until(() -> listener.of("a").size() >= 2);
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
        await().atMost(SOON).until(() -> listener.of("a").size() >= 2);
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

        await().atMost(SOON).until(() -> answers.get() == 400);
        assertThat(outcomes).hasSize(50).allMatch(PublishOutcome.Accepted.class::isInstance);
        PublishOutcome.Accepted last = accepted(publication("a", "\"last\""));
        await().atMost(SOON).until(() -> listener.of("a").stream().anyMatch(m -> m.id().equals(last.id())));
        assertThat(listener.of("a")).hasSize(51);
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
        CountDownLatch subscribed = new CountDownLatch(1);
        relay.subscribe(channel, then(subscribed::countDown));
        await().atMost(SOON).pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> subscribed.getCount() == 0);
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
        await().atMost(SOON).pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> !outcomes.isEmpty());
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

    /** Keeps what comes, and notices two calls for one channel at the same time. */
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

        /** In their order, the ids of the messages and the sizes of the losses. */
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
