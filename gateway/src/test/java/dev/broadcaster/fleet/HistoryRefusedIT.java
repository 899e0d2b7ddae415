package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** P6: a recovery that is not complete is refused, and never reported as complete. */
class HistoryRefusedIT {
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final String RECOVERED = "\"historyRecovered\":true";
    private static final String REFUSED = "\"historyRecovered\":false";

    private static RedisServer redis;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        fleet = Fleet.startWithHistory(2, redis.url(), "few:=10/10m,brief:=10/2s,kept:=1000/10m,fault:=1000/10m");
    }

    @AfterAll
    static void stop() {
        fleet.close();
        redis.close();
    }

    @Test
    void recoveriesFromTrimmedUnknownOrForeignPositions_areRefused() throws IOException {
        List<String> ids = publish("few:a", 15);
        List<String> others = publish("few:b", 3);

        assertThat(subscribe("few:a", ids.get(5)))
                .as("the oldest that is kept")
                .isEqualTo(new Answer(RECOVERED, ids.subList(6, 15)));
        assertThat(subscribe("few:a", ids.get(4)))
                .as("trimmed, but nothing after it")
                .isEqualTo(new Answer(RECOVERED, ids.subList(5, 15)));
        assertThat(subscribe("few:a", ids.get(14))).as("the latest").isEqualTo(new Answer(RECOVERED, List.of()));
        for (String id : List.of(
                ids.get(3),
                ids.get(0),
                ids.get(0).replaceFirst("-.*", "-0"),
                others.get(2),
                ids.get(14).replaceFirst("-.*", "-16"),
                "nobody-1",
                "no id",
                "-")) {
            assertThat(subscribe("few:a", id)).as(id).isEqualTo(new Answer(REFUSED, List.of()));
        }
        assertThat(subscribe("none:a", ids.get(14)))
                .as("a channel without a history")
                .isEqualTo(new Answer(REFUSED, List.of()));
    }

    @Test
    void recoveriesOverExpiredMessages_areRefused() throws IOException {
        List<String> old = publish("brief:a", 2);
        Fleet.sleep(2.2);
        assertThat(subscribe("brief:a", old.get(0))).isEqualTo(new Answer(REFUSED, List.of()));
        assertThat(subscribe("brief:a", old.get(1))).as("nothing after it").isEqualTo(new Answer(RECOVERED, List.of()));
        List<String> last = publish("brief:a", 1);

        assertThat(subscribe("brief:a", old.get(0))).isEqualTo(new Answer(REFUSED, List.of()));
        assertThat(subscribe("brief:a", old.get(1))).isEqualTo(new Answer(RECOVERED, last));
        assertThat(subscribe("brief:a", last.get(0))).isEqualTo(new Answer(RECOVERED, List.of()));
    }

    @Test
    void recoveriesFromBeforeARestart_areRefused_whenRedisReturnsEmpty() throws IOException {
        List<String> ids = publish("kept:a", 3);
        assertThat(subscribe("kept:a", ids.get(1))).isEqualTo(new Answer(RECOVERED, ids.subList(2, 3)));

        Files.deleteIfExists(redis.directory().resolve("dump.rdb"));
        restartRedis();

        assertThat(subscribe("kept:a", ids.get(1))).isEqualTo(new Answer(REFUSED, List.of()));
        List<String> later = publish("kept:a", 3);
        assertThat(later).doesNotContainAnyElementsOf(ids);
        for (String id : ids) {
            assertThat(subscribe("kept:a", id)).as(id).isEqualTo(new Answer(REFUSED, List.of()));
        }
        assertThat(subscribe("kept:a", later.get(0))).isEqualTo(new Answer(RECOVERED, later.subList(1, 3)));
    }

    /** It has the first messages, and lacks those that were accepted after it had saved its data. */
    @Test
    void recoveriesFromBeforeARestart_areRefused_whenRedisReturnsWithASnapshot() throws IOException {
        List<String> ids = publish("kept:b", 3);
        assertThat(redis.command("SAVE")).isEqualTo("OK");
        ids.addAll(publish("kept:b", 3));

        restartRedis();

        for (String id : ids) {
            assertThat(subscribe("kept:b", id)).as(id).isEqualTo(new Answer(REFUSED, List.of()));
        }
        List<String> later = publish("kept:b", 3);
        assertThat(later).as("ids are given once").doesNotContainAnyElementsOf(ids);
        for (String id : ids) {
            assertThat(subscribe("kept:b", id)).as(id).isEqualTo(new Answer(REFUSED, List.of()));
        }
        assertThat(subscribe("kept:b", later.get(0))).isEqualTo(new Answer(RECOVERED, later.subList(1, 3)));
    }

    @Test
    void positionsOfClientsWithoutAMessage_areRefused_whenRedisReturnsEmpty_orWithASnapshot() throws IOException {
        try (SilentClients silent = SilentClients.start(fleet, 10, 1)) {
            silent.leave().publish(1);
            Files.deleteIfExists(redis.directory().resolve("dump.rdb"));
            restartRedis();
            silent.publish(2).comeBack().publish(1);
            assertThat(silent.check("Redis killed, back without data")).noneMatch(Return::complete);
        }
        try (SilentClients silent = SilentClients.start(fleet, 10, 2)) {
            assertThat(redis.command("SAVE")).isEqualTo("OK"); // the counters, without a message
            silent.leave().publish(1);
            restartRedis();
            silent.comeBack().publish(2).leave().publish(1).comeBack().publish(1);
            silent.check("Redis killed, back with data");
            for (ReturningClient client : silent.clients().all()) {
                List<Return> returns = client.returns();
                assertThat(returns.get(0).complete())
                        .as("%s, from before", client)
                        .isFalse();
                assertThat(returns.get(returns.size() - 1).complete())
                        .as("%s, from after", client)
                        .isTrue();
            }
        }
    }

    private static void restartRedis() {
        redis.kill9();
        redis.restart();
        fleet.secondsUntilReady();
    }

    /** Publishes this many messages, through both nodes in turn; returns their ids. */
    private static List<String> publish(String channel, int count) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            NodeProcess node = fleet.node(i % 2).process();
            // A node that has just lost its Redis may notice it a little later.
            NodeProcess.Answer answer = await().atMost(Duration.ofSeconds(10))
                    .until(() -> node.publish(channel, "e", "1"), published -> published.status() == 200);
            Matcher id = ID.matcher(answer.body());
            assertThat(id.find()).as(answer.body()).isTrue();
            ids.add(id.group(1));
        }
        return ids;
    }

    /** The recovery result of a subscribe, and the ids of the next messages. */
    private record Answer(String recovered, List<String> ids) {}

    /** Subscribes again, at both nodes, which must answer alike. */
    private static Answer subscribe(String channel, String lastSeen) throws IOException {
        Answer first = subscribe(fleet.port(0), channel, lastSeen);
        assertThat(subscribe(fleet.port(1), channel, lastSeen)).isEqualTo(first);
        return first;
    }

    private static Answer subscribe(int port, String channel, String lastSeen) throws IOException {
        try (BlockingClient client = new BlockingClient(new Socket("127.0.0.1", port))) {
            client.send("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}");
            client.read();
            client.send("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel
                    + "\",\"lastSeenMessageId\":\"" + lastSeen + "\"}}");
            String reply = client.read().text();
            // The recovered messages are between the replies.
            client.send("{\"id\":3,\"method\":\"unsubscribe\",\"params\":{\"channel\":\"" + channel + "\"}}");
            List<String> ids = new ArrayList<>();
            for (String text = client.read().text(); text.startsWith("{\"method\":\"broadcast\""); ) {
                Matcher id = ID.matcher(text);
                assertThat(id.find()).as(text).isTrue();
                ids.add(id.group(1));
                assertThat(text).contains("\"seq\":" + ids.size() + ",");
                text = client.read().text();
            }
            return new Answer(reply.replaceFirst(".*(\"historyRecovered\":\\w+).*", "$1"), ids);
        }
    }
}
