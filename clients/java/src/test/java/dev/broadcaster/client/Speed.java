package dev.broadcaster.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Messages per second and CPU time per message of one subscriber, beside a bare loop of {@code java.net.http.WebSocket}
 * and Jackson that reads the same frames. The messages are in the history of a node, so that nothing else runs in this
 * process. Arguments: the base path of a node that was started with {@code HISTORY='speed:=50000/10m' serve --dev}, and
 * the number of rounds.
 */
final class Speed {
    private static final int MESSAGES = 50_000;
    private static final int BATCH = 1000;
    private static final int WARM_UP = 3;
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ObjectMapper JACKSON = new ObjectMapper();

    private final URI socket;
    private final String token = TokenMinter.hs256("insecure-development-secret")
            .mint("speed", List.of("*"), EnumSet.allOf(TokenMinter.Scope.class), Duration.ofHours(1));
    private final String channel = "speed:" + Long.toString(System.nanoTime(), 36);
    private final String first;

    private Speed(String base) {
        socket = URI.create(base.replaceFirst("^http", "ws") + "/websocket");
        var rest = RestClient.create(URI.create(base), "insecure-development-key");
        Json payload = Json.of("{\"user\":\"alice\",\"text\":\"" + "x".repeat(100) + "\",\"n\":12345}");
        first = rest.publish(channel, "said", payload).join().id();
        var batch = new ArrayList<Draft>();
        for (int i = 0; i < BATCH; i++) {
            batch.add(new Draft(channel, "said", payload));
        }
        for (int i = 0; i < MESSAGES; i += BATCH) {
            var unused = rest.publishBatch(batch, PublishOptions.defaults()).join();
        }
    }

    /** One round. */
    private interface Round {
        void run(CountDownLatch left) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        var speed = new Speed(args[0]);
        for (int i = 0; i < WARM_UP + Integer.parseInt(args[1]); i++) {
            String label = i < WARM_UP ? "warm-up " : "";
            measure(label + "client", speed::client);
            measure(label + "bare", speed::bare);
        }
        System.exit(0);
    }

    private static void measure(String label, Round round) throws Exception {
        var left = new CountDownLatch(MESSAGES);
        long cpu = SYSTEM.getProcessCpuTime();
        long start = System.nanoTime();
        round.run(left);
        left.await();
        long time = System.nanoTime() - start;
        System.out.printf(
                "%-15s %,9.0f messages/s %6.2f us of CPU per message%n",
                label, 1e9 * MESSAGES / time, (SYSTEM.getProcessCpuTime() - cpu) / 1e3 / MESSAGES);
        Thread.sleep(500);
    }

    private void client(CountDownLatch left) {
        BroadcasterClient client =
                BroadcasterClient.builder(socket).token(token).build();
        var listener = new ChannelListener() {
            @Override
            public void onMessage(Message message) {
                read(message.json());
                left.countDown();
                if (left.getCount() == 0) {
                    client.close();
                }
            }
        };
        var unused =
                client.subscribe(channel, listener, SubscribeOptions.defaults().since(first));
        client.connect();
    }

    private static JsonNode read(String json) {
        try {
            return JACKSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void bare(CountDownLatch left) {
        WebSocket open = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(socket, new Bare(left))
                .join();
        var unused = open.sendText("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + token + "\"}}", true)
                .thenCompose(sent -> sent.sendText(
                        "{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"" + channel
                                + "\",\"lastSeenMessageId\":\"" + first + "\"}}",
                        true))
                .join();
    }

    private static final class Bare implements WebSocket.Listener {
        private final CountDownLatch left;
        private final StringBuilder parts = new StringBuilder();

        Bare(CountDownLatch left) {
            this.left = left;
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            parts.append(data);
            if (last) {
                JsonNode frame = read(parts.toString());
                parts.setLength(0);
                if (frame.path("method").asText().equals("broadcast")
                        && frame.at("/params/payload").isObject()) {
                    left.countDown();
                }
                if (left.getCount() == 0) {
                    from.abort();
                }
            }
            from.request(1);
            return null;
        }
    }
}
