package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Tokens;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** P9: a node that is stopped while Redis has not answered yet still reports the outcome of each publish. */
class DrainWithPublishesInFlightIT {
    private static final int PUBLISHES = 5;

    @Test
    void sigterm_answersPublishesOfSockets_beforeTheirClose() throws Exception {
        try (RedisServer redis = RedisServer.start();
                FaultProxy proxy = new FaultProxy(redis.port(), 1);
                Fleet fleet = Fleet.start(1, redis.url(proxy.port()));
                Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), fleet.node(0).port());
                BlockingClient client = new BlockingClient(socket)) {
            client.subscribe(Tokens.valid(), "drain:receives");
            proxy.delay(250); // each way: the reply takes half a second, less than the time-out of a publish
            for (int id = 11; id <= 10 + PUBLISHES; id++) {
                client.send(
                        "{\"id\":" + id
                                + ",\"method\":\"publish\",\"params\":{\"channel\":\"drain:sends\",\"event\":\"e\",\"payload\":1}}");
            }
            TimeUnit.MILLISECONDS.sleep(100); // time for the node to read it: there is no sign to wait for

            fleet.node(0).process().signal("TERM"); // whose drain would close the only connection at once

            for (int id = 11; id <= 10 + PUBLISHES; id++) {
                assertThat(client.read().text()).startsWith("{\"requestId\":" + id + ",\"result\":{\"id\":");
            }
            assertThat(client.read().closeCode()).isEqualTo(1001);
            client.close();
            assertThat(fleet.node(0).process().awaitExit(Duration.ofSeconds(20)))
                    .isZero();
        }
    }
}
