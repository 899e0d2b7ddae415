package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.BlockingClient;
import dev.broadcaster.testing.Publisher;
import dev.broadcaster.testing.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * P4 across nodes: a message that is published at one node at the instant when another node's reply to a subscribe is
 * read arrives with {@code seq} 1. The same client has been subscribed to every third channel before, so that lingering
 * channels are tested too.
 */
class SubscribeBarrierIT {
    private static final int TIMES = Integer.getInteger("faults.barrier.times", 10_000);
    private static final int CLIENTS = 4;
    private static final String OK = "\"requestId\":1,\"result\"";

    @Test
    void messagesPublishedAfterTheReply_areDelivered() throws Exception {
        try (RedisServer redis = RedisServer.start();
                Fleet fleet = Fleet.start(2, redis.url())) {
            ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
            try {
                List<Future<Integer>> delivered = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    int number = i;
                    delivered.add(clients.submit(() -> deliver(fleet, number)));
                }
                int sum = 0;
                for (Future<Integer> some : delivered) {
                    sum += some.get();
                }
                System.out.println("subscribe, then publish at another node: " + sum + " of " + TIMES + " delivered");
                assertThat(sum).isEqualTo(TIMES);
            } finally {
                clients.shutdownNow();
            }
        }
    }

    private static int deliver(Fleet fleet, int number) throws IOException {
        int delivered = 0;
        try (BlockingClient subscriber = new BlockingClient(
                        new Socket("127.0.0.1", fleet.node(number % 2).port()));
                Publisher publisher = new Publisher(fleet.node((number + 1) % 2).port())) {
            call(subscriber, "auth", "\"token\":\"" + Tokens.valid() + "\"");
            for (int i = 0; i < TIMES / CLIENTS; i++) {
                String channel = "barrier:" + number + ":" + (i % 3 == 2 ? i - 2 : i);
                call(subscriber, "subscribe", "\"channel\":\"" + channel + "\"");
                publisher.send(Publisher.request(channel, Integer.toString(i)));
                String broadcast = subscriber.read().text();
                assertThat(broadcast)
                        .contains("\"method\":\"broadcast\"", "\"seq\":1,", "\"channel\":\"" + channel + "\"")
                        .endsWith("\"payload\":" + i + "}}");
                assertThat(publisher.status()).isEqualTo(200);
                call(subscriber, "unsubscribe", "\"channel\":\"" + channel + "\"");
                delivered++;
            }
        }
        return delivered;
    }

    private static void call(BlockingClient client, String method, String params) throws IOException {
        client.send("{\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params + "}}");
        assertThat(client.read().text()).contains(OK);
    }
}
