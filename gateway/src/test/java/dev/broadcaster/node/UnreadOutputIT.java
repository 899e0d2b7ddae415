package dev.broadcaster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.NodeProcess;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Swarm;
import dev.broadcaster.testing.SwarmClient;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that make the node write and never read do not end a node with a heap of 256 MB: each holds little, all of
 * them together a share of the heap, and another client that reads loses nothing.
 */
@Timeout(120)
class UnreadOutputIT {
    private static final String OUTPUT = "account=\"output\"";
    private static final long MEGABYTE = 1 << 20;
    /** The heap of an idle node, with the honest client and the histories of these tests. */
    private static final long MOST_HEAP = 120 * MEGABYTE;

    private final List<Attacker> attackers = new ArrayList<>();
    private NodeProcess node;
    private Swarm swarm;
    private Publisher publisher;
    private SwarmClient honest;
    private long published;

    @BeforeEach
    void start() throws Exception {
        node = NodeProcess.start(Map.of("MAX_REQUEST_RATE", "0", "HISTORY", "kept:=100/10m"), "-Xmx256m");
        swarm = new Swarm(node.port());
        publisher = new Publisher(node.port());
        honest = swarm.open().subscribe(Tokens.valid(), "live").get(30, TimeUnit.SECONDS);
    }

    @AfterEach
    void stop() throws Exception {
        for (Attacker attacker : attackers) {
            attacker.close();
        }
        publisher.close();
        swarm.close();
        node.close();
    }

    /** 16 MB per connection before the fix: an object and a slot for each pong of 2 bytes. */
    @Test
    void pings_leaveOnePongWaiting() throws Exception {
        byte[] pings = repeat(frame(9, new byte[0]), 10_000);
        attack(20, client -> client.send(pings, 56));

        waitForAttackers();

        assertThat(output()).isLessThan(MEGABYTE);
        assertHarmless();
    }

    @Test
    void pingsWithPayload_leaveOnePongWaiting() throws Exception {
        byte[] pings = repeat(frame(9, new byte[125]), 1_000);
        attack(300, client -> client.send(pings, 9));

        waitForAttackers();

        assertThat(output()).isLessThan(MEGABYTE);
        assertHarmless();
    }

    @Test
    void strangersThatSendAndDoNotRead_areClosedWith16KilobytesWaiting() throws Exception {
        byte[] heartbeats = repeat(request("heartbeat", ""), 1_000);
        byte[] unknown = repeat(request("nothing", ""), 1_000);
        attack(100, client -> client.send(client.number % 2 == 0 ? heartbeats : unknown, 1_000));

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(closedAsSlow()).isEqualTo(100));

        assertThat(refusals()).as("closed because of their own limit").isZero();
        assertHarmless();
    }

    /** 184 MB in 2.6 s before the fix: each replay raised the limit of waiting bytes. */
    @Test
    void subscribingAndUnsubscribing_leavesOneReplayWaitingAtMost() throws Exception {
        String lastSeen = publishHistory("kept:a");
        byte[] both = concat(
                request("subscribe", "\"channel\":\"kept:a\",\"lastSeenMessageId\":\"" + lastSeen + "\""),
                request("unsubscribe", "\"channel\":\"kept:a\""));
        byte[] many = repeat(both, 500);
        attack(4, client -> {
            client.authenticate();
            client.send(many, 5);
        });

        waitForAttackers();

        assertThat(node.metric("broadcaster_queue_bytes"))
                .as("after 10,000 replays of 6 MB")
                .isLessThan(4 * 7 * MEGABYTE);
        assertHarmless();
    }

    @Test
    void replaysOfManyChannels_waitForEachOther() throws Exception {
        List<byte[]> subscribes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            String channel = "kept:" + i;
            String lastSeen = publishHistory(channel);
            subscribes.add(
                    request("subscribe", "\"channel\":\"" + channel + "\",\"lastSeenMessageId\":\"" + lastSeen + "\""));
        }
        byte[] all = concat(subscribes.toArray(byte[][]::new));
        attack(10, client -> {
            client.authenticate();
            client.send(all, 1);
        });
        waitForAttackers();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> assertThat(node.metric("broadcaster_queue_bytes")).isGreaterThan(10 * MEGABYTE));

        assertThat(node.metric("broadcaster_queue_bytes"))
                .as("one replay of 6 MB for each client, of the five that it wants")
                .isLessThan(10 * 7 * MEGABYTE);
        assertThat(closedAsSlow()).isZero();
        assertHarmless();
    }

    /** Each of them is within its limit; together they would take 400 MB. */
    @Test
    void clientsThatDoNotRead_areClosed_whenTogetherTheyHoldTheirShareOfTheHeap() throws Exception {
        byte[] heartbeats = repeat(request("heartbeat", ""), 100);
        long heapBefore = node.heapAfterCollection();
        attack(400, client -> {
            client.authenticate();
            client.send(heartbeats, 80);
        });

        long most = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (refusals() == 0 && System.nanoTime() < end) {
            most = Math.max(most, output());
        }
        waitForAttackers();
        most = Math.max(most, output());

        long limit = (long) node.metric("broadcaster_budget_limit_bytes", OUTPUT);
        assertThat(limit).isBetween(30 * MEGABYTE, 42 * MEGABYTE);
        assertThat(output()).isLessThan(limit);
        // Requests that wait because their answers are not read have an account of their own.
        long counted = (long) node.metric("broadcaster_budget_used_bytes");
        long grown = node.heapAfterCollection() - heapBefore;
        long countedAfterwards = (long) node.metric("broadcaster_budget_used_bytes");
        assertThat(grown)
                .as("growth of the heap, with counted: %d, %d and 400 connections", counted, countedAfterwards)
                .isBetween(
                        Math.min(counted, countedAfterwards) / 10 * 8,
                        Math.max(counted, countedAfterwards) / 10 * 12 + 10 * MEGABYTE);
        assertThat(most).isBetween(1L, limit + limit / 4);
        assertThat(refusals()).as("closed because of the account").isPositive();
        System.out.printf(
                "at most %d bytes of %d; counted %d, heap grown by %d; %d of 400 closed because of the account, %d as slow%n",
                most, limit, counted, grown, (long) refusals(), (long) closedAsSlow());
        assertHarmless();
    }

    // ---- The honest client

    /** The honest client has everything, the node is live, and nothing is held when the attackers have gone. */
    private void assertHarmless() throws Exception {
        publish(10);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(honest.received()).isEqualTo(published));
        assertThat(honest.holes()).isZero();
        assertThat(honest.ended()).isNotDone();
        assertThat(node.isAlive()).isTrue();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(node.heapAfterCollection()).isLessThan(MOST_HEAP));
        for (Attacker attacker : attackers) {
            attacker.close();
        }
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(
                        () -> assertThat(output()).as("held without a client").isZero());
    }

    private void publish(int count) throws IOException {
        for (int i = 0; i < count; i++) { // one after the other: requests that wait need memory of the node
            assertThat(publisher.publish("live", 1, 1_000))
                    .as(publisher::refusal)
                    .isOne();
        }
        published += count;
    }

    /** Publishes 101 messages of 60 kB; returns the id of the first. */
    private String publishHistory(String channel) throws IOException {
        String first = node.publish(channel, "e", "1").body().replaceAll(".*\"id\":\"(.*?)\".*", "$1");
        assertThat(publisher.publish(channel, 100, 60_000)).isEqualTo(100);
        return first;
    }

    private long output() {
        return (long) node.metric("broadcaster_budget_used_bytes", OUTPUT);
    }

    private double refusals() {
        return node.metric("broadcaster_budget_refusals_total", OUTPUT);
    }

    private double closedAsSlow() {
        return node.metric("broadcaster_closes_total", "code=\"4409\"");
    }

    // ---- The attackers

    private interface Habit {
        void attack(Attacker client) throws IOException;
    }

    private void attack(int count, Habit habit) {
        for (int i = 0; i < count; i++) {
            attackers.add(new Attacker(i, habit));
        }
        attackers.forEach(attacker -> attacker.thread.start());
    }

    /** Waits until all have sent everything, or were closed, or cannot send because the node does not read. */
    private void waitForAttackers() throws Exception {
        long before;
        do {
            before = sent();
            publish(1);
            attackers.get(0).thread.join(300);
            TimeUnit.MILLISECONDS.sleep(300);
        } while ((before == 0 || sent() != before)
                && attackers.stream().anyMatch(attacker -> attacker.thread.isAlive()));
        assertThat(sent()).as("bytes sent").isPositive();
    }

    private long sent() {
        return attackers.stream().mapToLong(attacker -> attacker.sent).sum();
    }

    /** A client that never reads after its handshake, on a separate thread. */
    private final class Attacker implements AutoCloseable {
        final int number;
        final Thread thread;
        private final Socket socket = new Socket();
        private volatile BlockingClient client;
        volatile long sent;

        Attacker(int number, Habit habit) {
            this.number = number;
            this.thread = new Thread(() -> attack(habit), "attacker " + number);
            thread.setDaemon(true);
        }

        private void attack(Habit habit) {
            try {
                socket.setReceiveBufferSize(4_096);
                socket.connect(new InetSocketAddress("127.0.0.1", node.port()));
                client = new BlockingClient(socket);
                habit.attack(this);
            } catch (IOException e) {
                // closed by the node, or by the end of the test
            }
        }

        void authenticate() throws IOException {
            client.sendRaw(request("auth", "\"token\":\"" + Tokens.valid() + "\""));
            client.read();
        }

        void send(byte[] bytes, int times) throws IOException {
            for (int i = 0; i < times; i++) {
                client.sendRaw(bytes);
                sent += bytes.length;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static byte[] request(String method, String params) {
        String json = "{\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params + "}}";
        return frame(1, json.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] frame(int opcode, byte[] payload) {
        return Frame.of(opcode, payload).bytes();
    }

    private static byte[] repeat(byte[] bytes, int times) {
        byte[][] all = new byte[times][];
        Arrays.fill(all, bytes);
        return concat(all);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
