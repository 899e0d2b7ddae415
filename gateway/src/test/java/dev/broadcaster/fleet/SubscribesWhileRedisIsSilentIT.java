package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many subscribes at once while Redis is silent: all wait together, so all are answered as fast as one; the node reads
 * on meanwhile. One after the other they took 5 s each, and the client was closed with 4408 after 35 s.
 */
class SubscribesWhileRedisIsSilentIT {
    private RedisServer redis;
    private FaultProxy network;
    private Fleet fleet;

    @BeforeEach
    void start() throws IOException {
        redis = RedisServer.start();
        network = new FaultProxy(redis.port(), Traffic.Plan.seedOfNow());
        fleet = Fleet.startWithHistory(1, redis.url(network.port()), "kept:=10/1h");
    }

    @AfterEach
    void close() {
        fleet.close();
        network.close();
        redis.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 200})
    void allAreAnsweredWithinSixSeconds_whenRedisIsStopped(int count) throws Exception {
        subscribe(count, redis::sigstop, redis::sigcont);
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 200})
    void allAreAnsweredWithinSixSeconds_whenTheNetworkIsABlackHole(int count) throws Exception {
        subscribe(count, network::blackHole, network::heal);
    }

    private void subscribe(int count, Runnable fault, Runnable healing) throws Exception {
        try (BlockingClient client =
                new BlockingClient(new Socket("127.0.0.1", fleet.node(0).port()))) {
            client.sendRaw(request(9999, "auth", "\"token\":\"" + Tokens.valid() + "\""));
            assertThat(client.read().text()).contains("\"success\":true");
            fault.run();

            ByteArrayOutputStream burst = new ByteArrayOutputStream();
            for (int i = 1; i <= count; i++) {
                String replay = i % 2 == 0 ? ",\"lastSeenMessageId\":\"ABCDEFGHIJ-1\"" : "";
                burst.writeBytes(request(i, "subscribe", "\"channel\":\"kept:" + i + "\"" + replay));
            }
            long sent = System.nanoTime();
            client.sendRaw(burst.toByteArray());
            for (int i = 0; i < 3; i++) {
                client.ping();
                assertThat(client.read().opcode())
                        .as("a pong while the requests wait")
                        .isEqualTo(10);
                Fleet.sleep(1);
            }
            assertThat(secondsSince(sent)).isLessThan(4.5);
            for (int i = 1; i <= count; i++) {
                assertThat(next(client))
                        .startsWith("{\"requestId\":" + i + ",\"error\":")
                        .contains("not subscribed");
            }
            double seconds = secondsSince(sent);
            System.out.printf("%d subscribes, Redis silent: all answered after %.1f s%n", count, seconds);
            assertThat(seconds).isLessThan(6);

            healing.run();
            fleet.awaitReady();
            client.sendRaw(request(1000, "subscribe", "\"channel\":\"kept:1\""));
            assertThat(next(client)).startsWith("{\"requestId\":1000,\"result\":");
        }
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    /** The next message; answers pings meanwhile. */
    private static String next(BlockingClient client) throws IOException {
        while (true) {
            Frame frame = client.read();
            if (frame.opcode() == 1) {
                return frame.text();
            }
            assertThat(frame.opcode()).as("%s", frame.closeCode()).isEqualTo(9);
            client.pong(frame.payload());
        }
    }

    private static byte[] request(int id, String method, String params) {
        return Frame.text("{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":{" + params + "}}")
                .bytes();
    }
}
