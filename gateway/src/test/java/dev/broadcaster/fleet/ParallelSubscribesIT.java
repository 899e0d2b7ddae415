package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The features for client libraries (protocol section 10), between two nodes over Redis, on one node alone and on a
 * cluster.
 */
class ParallelSubscribesIT {
    private static final int CHANNELS = 200;
    private static final Pattern POSITION = Pattern.compile("\"lastMessageId\":\"([^\"]+)\"");
    private static final Pattern CHANNEL = Pattern.compile("\"channel\":\"([^\"]+)\"");

    @Test
    void burstIsAnsweredInOrder_isABarrier_andCanBeRecoveredFrom_overOneRedis() throws Exception {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.startWithHistory(2, redis.url(), "kept:=100/10m")) {
            subscribePublishReturn(fleet);
            publishTwice(fleet);
        }
    }

    @Test
    void burstIsAnsweredInOrder_isABarrier_andCanBeRecoveredFrom_overACluster() throws Exception {
        try (RedisCluster redis = RedisCluster.start();
                Fleet fleet = Fleet.startWithHistory(2, redis.url(), "kept:=100/10m")) {
            subscribePublishReturn(fleet);
            publishTwice(fleet);
        }
    }

    private static void subscribePublishReturn(Fleet fleet) throws IOException {
        Map<String, String> positions = new HashMap<>();
        try (BlockingClient publisher = connect(fleet, 1)) {
            try (BlockingClient client = connect(fleet, 0)) {
                ByteArrayOutputStream burst = new ByteArrayOutputStream();
                for (int i = 1; i <= CHANNELS; i++) {
                    burst.writeBytes(request(i, "subscribe", "\"channel\":\"kept:" + i + "\",\"position\":true"));
                }
                client.sendRaw(burst.toByteArray());
                for (int i = 1; i <= CHANNELS; i++) {
                    String reply = next(client);
                    assertThat(reply).startsWith("{\"requestId\":" + i + ",\"result\":");
                    positions.put("kept:" + i, find(POSITION, reply));
                }
                publishToAll(publisher, 1);
                for (int i = 1; i <= CHANNELS; i++) {
                    assertThat(next(client)).contains("\"method\":\"broadcast\"", "\"seq\":1,");
                }
            }
            publishToAll(publisher, 2);
        }

        try (BlockingClient back = connect(fleet, 1)) {
            ByteArrayOutputStream burst = new ByteArrayOutputStream();
            for (int i = 1; i <= CHANNELS; i++) {
                String lastSeen = positions.get("kept:" + i);
                burst.writeBytes(request(
                        i, "subscribe", "\"channel\":\"kept:" + i + "\",\"lastSeenMessageId\":\"" + lastSeen + "\""));
            }
            back.sendRaw(burst.toByteArray());
            int replies = 0;
            Map<String, Integer> seqs = new HashMap<>();
            for (int i = 0; i < 3 * CHANNELS; i++) {
                String text = next(back);
                if (text.startsWith("{\"requestId\":")) {
                    assertThat(text)
                            .startsWith("{\"requestId\":" + ++replies + ",")
                            .contains("\"historyRecovered\":true,\"recoveredMessages\":2");
                    seqs.put("kept:" + replies, 0);
                } else {
                    String channel = find(CHANNEL, text);
                    assertThat(seqs).as("a message before the reply: %s", text).containsKey(channel);
                    int seq = seqs.merge(channel, 1, Integer::sum);
                    assertThat(text).contains("\"seq\":" + seq + ",").endsWith("\"payload\":" + seq + "}}");
                }
            }
            assertThat(seqs.values()).hasSize(CHANNELS).allMatch(seq -> seq == 2);
        }
    }

    private static void publishToAll(BlockingClient publisher, int payload) throws IOException {
        for (int i = 1; i <= CHANNELS; i++) {
            publisher.sendRaw(
                    request(i, "publish", "\"channel\":\"kept:" + i + "\",\"event\":\"e\",\"payload\":" + payload));
            assertThat(next(publisher)).startsWith("{\"requestId\":" + i + ",\"result\":");
        }
    }

    private static void publishTwice(Fleet fleet) throws IOException {
        String params = "\"channel\":\"plain\",\"event\":\"e\",\"payload\":1,\"idempotencyKey\":\"order 7\"";
        try (BlockingClient one = connect(fleet, 0);
                BlockingClient two = connect(fleet, 1)) {
            two.sendRaw(request(1, "subscribe", "\"channel\":\"plain\""));
            assertThat(next(two)).contains("\"result\"");
            one.sendRaw(request(2, "publish", params));
            String first = next(one);
            assertThat(first).contains("\"result\"");
            assertThat(next(two)).contains("\"seq\":1,");
            two.sendRaw(request(2, "publish", params));
            assertThat(next(two)).as("the first answer, and nothing between").isEqualTo(first);
            two.sendRaw(request(3, "publish", params.replace("\"payload\":1", "\"payload\":2")));
            assertThat(next(two)).contains("\"AlreadyExists\"");
        }
    }

    private static BlockingClient connect(Fleet fleet, int node) throws IOException {
        BlockingClient client = new BlockingClient(new Socket("127.0.0.1", fleet.port(node)));
        client.sendRaw(request(1, "auth", "\"token\":\"" + Tokens.valid() + "\""));
        assertThat(next(client)).contains("\"success\":true");
        return client;
    }

    /** The next message; answers pings meanwhile. */
    private static String next(BlockingClient client) throws IOException {
        for (Frame frame = client.read(); ; frame = client.read()) {
            if (frame.opcode() == 1) {
                return frame.text();
            }
            assertThat(frame.opcode()).as("close code %s", frame.closeCode()).isEqualTo(9);
            client.pong(frame.payload());
        }
    }

    private static String find(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    private static byte[] request(int id, String method, String params) {
        return Frame.text("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + params + "}}")
                .bytes();
    }
}
