package dev.broadcaster.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.control.Answer;
import dev.broadcaster.control.Fleet;
import dev.broadcaster.control.Question;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.message.Message;
import dev.broadcaster.message.Publication;
import dev.broadcaster.redis.link.Finding;
import dev.broadcaster.redis.link.RedisCheck;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.SubscribeCallback;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A Redis user that lacks one right: the node is not ready and names the right, no message is delivered that was
 * answered with "not published", and the node is ready again by itself when the right is granted.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RedisRightsContract {
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 100, Duration.ofMinutes(10))));
    private static final Duration SOON = Duration.ofSeconds(20);

    private final String prefix = "test-" + UUID.randomUUID();

    abstract boolean isCluster();

    abstract String url();

    abstract List<RedisServer> servers();

    private List<String> all() {
        return RedisRights.all(isCluster(), prefix);
    }

    /**
     * Those of the relay. Without INFO a node does not know its server, and is ready; without CLUSTER it finds no master,
     * without HELLO it has no connection.
     */
    Stream<String> rights() {
        Set<String> others = Set.of("+info", "+cluster", "+hello");
        return all().stream().filter(right -> !others.contains(right) && !isOfFleet(right));
    }

    /** In a cluster only those that one Redis does not need: its masters are connected to as one Redis is. */
    Stream<String> rightsAtStart() {
        List<String> ofOneRedis = isCluster() ? RedisRights.all(false, prefix) : List.of();
        return rights().filter(right -> !ofOneRedis.contains(right));
    }

    /** Those that only the leases and revocations need: the same in a cluster. */
    Stream<String> rightsOfFleet() {
        return all().stream().filter(this::isOfFleet);
    }

    private boolean isOfFleet(String right) {
        return Set.of("+hset", "+hget", "+hgetall", "+hdel", "~" + prefix + ":{*}:c:*")
                .contains(right);
    }

    @Test
    void aNodeIsReady_withTheDocumentedRights_andNotWithoutALease() throws Exception {
        RedisRights.grant(servers(), all());
        try (Node node = new Node()) {
            node.awaitReady();
            node.subscribe("a");
            node.subscribe("kept:a");
            node.publish("a");
            node.publish("kept:a");
            assertThat(node.accepted).hasSize(2);
            node.awaitDelivered();

            takeARightOfTheFleet(node);
        }
    }

    /** The node finds it with its next lease, which it writes every 5 s. */
    private void takeARightOfTheFleet(Node node) {
        List<String> rest = new ArrayList<>(all());
        rest.remove("+hset");
        RedisRights.grant(servers(), rest);

        await().atMost(SOON).untilAsserted(() -> assertThat(node.trouble()).containsIgnoringCase("hset"));
        RedisRights.grant(servers(), all());
        node.awaitReady();
    }

    @ParameterizedTest
    @MethodSource("rightsOfFleet")
    void aNodeThatStartsWithoutARightOfTheFleet_isNotReady_andNamesIt(String right) {
        List<String> rest = new ArrayList<>(all());
        rest.remove(right);
        RedisRights.grant(servers(), rest);
        try (Node node = new Node()) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(node.fleet.trouble()).containsIgnoringCase(name(right)));

            RedisRights.grant(servers(), all());
            node.awaitReady();
        }
    }

    @Test
    void check_findsNoFault_withTheDocumentedRights() throws Exception {
        RedisRights.grant(servers(), all());
        RedisUrl url = Objects.requireNonNull(RedisUrl.parse(RedisRights.url(url())));
        List<Finding> findings = new ArrayList<>();
        try (RedisCheck check = new RedisConfig(url, prefix).check(true, findings::add)) {
            check.run();
        }

        assertThat(findings).hasSizeGreaterThan(5).allMatch(finding -> finding.level() == Finding.Level.OK);
        assertThat(findings.stream().map(Finding::text).filter(text -> text.endsWith("is allowed")))
                .as("one per master")
                .hasSize(isCluster() ? 3 : 1);
    }

    @ParameterizedTest
    @MethodSource("rights")
    void aNodeThatLacksARight_isNotReady_andNamesIt_andNothingNotPublishedIsDelivered(String right) throws Exception {
        RedisRights.grant(servers(), all());
        try (Node node = new Node()) {
            node.awaitReady();
            node.subscribe("a");
            node.subscribe("kept:a");
            node.publish("kept:a");

            List<String> rest = new ArrayList<>(all());
            rest.remove(right);
            RedisRights.grant(servers(), rest);
            if (right.equals("+script|load")) {
                servers().forEach(server -> server.command("SCRIPT", "FLUSH"));
            }
            if (right.equals("&" + prefix + ":{*}:m:*") || right.contains("subscribe")) {
                servers().forEach(server -> server.command("CLIENT", "KILL", "TYPE", "pubsub"));
            }
            // At once, before a probe has detected it, and afterwards.
            long end = System.nanoTime() + Duration.ofMillis(300).toNanos();
            for (int i = 0; System.nanoTime() < end || node.relay.trouble() == null; i++) {
                node.publish("a");
                node.publish("kept:a");
                node.publish("kept:new" + i);
                assertThat(i).as("publishes until it is not ready").isLessThan(100_000);
            }
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(node.relay.trouble()).containsIgnoringCase(name(right)));

            RedisRights.grant(servers(), all());
            node.awaitReady();
            node.publish("a");
            node.publish("kept:a");
            node.awaitDelivered();
            assertThat(node.delivered.keySet())
                    .as("delivered, although not published")
                    .noneMatch(node.notPublished::contains);
        }
    }

    @ParameterizedTest
    @MethodSource("rightsAtStart")
    void aNodeThatStartsWithoutARight_isNotReady(String right) {
        List<String> rest = new ArrayList<>(all());
        rest.remove(right);
        RedisRights.grant(servers(), rest);
        if (right.equals("+script|load")) {
            servers().forEach(server -> server.command("SCRIPT", "FLUSH"));
        }
        try (Node node = new Node()) {
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(node.relay.trouble()).containsIgnoringCase(name(right)));

            RedisRights.grant(servers(), all());
            node.awaitReady();
        }
    }

    /** The text by which an operator can find it, in the words of each server. Redis 6.2 names no subcommand. */
    private static String name(String right) {
        if (right.startsWith("+")) {
            return right.substring(1).replaceFirst("\\|.*", "");
        }
        return right.startsWith("~") ? "key" : "channel";
    }

    /** A relay and the outcomes of its publishes; each payload is its number. */
    private final class Node implements AutoCloseable {
        final RelayOfRedis relays = new RelayOfRedis(prefix, HISTORY);
        final Relay relay = relays.at(RedisRights.url(url()));
        final Fleet fleet = relays.fleet((RedisRelay) relay, new Revocations(Time.SYSTEM, Duration.ofHours(1)));
        final Map<String, String> delivered = new ConcurrentHashMap<>();
        final Set<String> accepted = ConcurrentHashMap.newKeySet();
        final Set<String> notPublished = ConcurrentHashMap.newKeySet();
        final AtomicLong losses = new AtomicLong();
        private int published;

        Node() {
            relay.start(fleet.listening(new RelayListener() {
                @Override
                public void onMessage(Message message) {
                    delivered.put(new String(message.payload(), UTF_8), message.channel());
                }

                @Override
                public void onLoss(String channel, long count) {
                    losses.addAndGet(count);
                }
            }));
            fleet.start(new dev.broadcaster.control.Node() {
                @Override
                public void answer(Question question, Consumer<Answer> callback) {}

                @Override
                public void closeRevoked() {}
            });
        }

        @Nullable
        String trouble() {
            String trouble = relay.trouble();
            return trouble != null ? trouble : fleet.trouble();
        }

        void awaitReady() {
            await().atMost(SOON).untilAsserted(() -> assertThat(trouble()).isNull());
        }

        /** Waits for the accepted messages; in the channel without a history a reported loss counts too. */
        void awaitDelivered() {
            await().atMost(SOON).untilAsserted(() -> {
                List<String> missing = accepted.stream()
                        .filter(payload -> !payload.contains("new") && !delivered.containsKey(payload))
                        .toList();
                assertThat(missing)
                        .allMatch(payload -> payload.startsWith("\"a "))
                        .hasSizeLessThanOrEqualTo(losses.intValue());
            });
        }

        void subscribe(String channel) throws Exception {
            CompletableFuture<Void> subscribed = new CompletableFuture<>();
            relay.subscribe(channel, new SubscribeCallback() {
                @Override
                public void onSubscribed() {
                    subscribed.complete(null);
                }

                @Override
                public void onFailed(String reason) {
                    subscribed.completeExceptionally(new IllegalStateException(reason));
                }
            });
            subscribed.get(20, TimeUnit.SECONDS);
        }

        void publish(String channel) throws Exception {
            String payload = '"' + channel + ' ' + published++ + '"';
            CompletableFuture<PublishOutcome> answer = new CompletableFuture<>();
            relay.publish(
                    new Publication(
                            channel,
                            "\"e\"".getBytes(UTF_8),
                            payload.getBytes(UTF_8),
                            UUID.randomUUID().toString()),
                    answer::complete);
            PublishOutcome outcome = answer.get(20, TimeUnit.SECONDS);
            if (outcome instanceof PublishOutcome.Accepted) {
                accepted.add(payload);
            } else if (outcome instanceof PublishOutcome.NotPublished refused) {
                notPublished.add(payload);
                assertThat(refused.reason())
                        .isIn("not published: the relay is away", "not published: the relay has refused it");
            }
        }

        @Override
        public void close() {
            relay.close();
            relays.close();
        }
    }
}
