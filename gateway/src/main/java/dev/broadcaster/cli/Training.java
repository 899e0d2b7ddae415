package dev.broadcaster.cli;

import dev.broadcaster.client.BroadcasterClient;
import dev.broadcaster.client.ChannelListener;
import dev.broadcaster.client.Handle;
import dev.broadcaster.client.Json;
import dev.broadcaster.client.Message;
import dev.broadcaster.client.PublishOptions;
import dev.broadcaster.client.RestClient;
import dev.broadcaster.client.SubscribeOptions;
import dev.broadcaster.client.TokenMinter;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Clients of a development node while the image is built ({@code ops/image/train.sh}): the node's JVM keeps the classes
 * that they made it load, and the profiles of the methods that they made it run. Not a command of {@code broadcaster}.
 *
 * <p>A client connects, authenticates, subscribes to a channel of all clients and to one of its own, publishes to both,
 * disconnects, connects again and recovers what it missed. Fails if something takes over a minute.
 */
final class Training {
    private static final int AT_ONCE = 16;
    private static final int OWN_MESSAGES = 3;
    private static final long TIMEOUT_SECONDS = 60; // the machine that builds the image may be busy
    private static final PublishOptions PATIENT =
            PublishOptions.defaults().timeout(Duration.ofSeconds(TIMEOUT_SECONDS));
    private static final Json PAYLOAD = Json.of("{\"text\":\"hello\",\"number\":1.50,\"list\":[true,null]}");

    private final URI socket;
    private final RestClient rest;
    private final TokenMinter minter = TokenMinter.hs256(DevMode.SECRET);

    private Training(String base) {
        socket = URI.create(base.replaceFirst("^http", "ws") + "/websocket");
        rest = RestClient.create(URI.create(base), DevMode.API_KEY);
    }

    /** {@code http://127.0.0.1:8000/broadcaster 300}: the node, and the number of clients, of which 16 run at once. */
    public static void main(String[] args) throws InterruptedException, ExecutionException {
        Training training = new Training(args[0]);
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<?>> clients = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            int number = i;
            clients.add(threads.submit(() -> {
                training.client(number);
                return null;
            }));
        }
        threads.shutdown();
        for (Future<?> client : clients) {
            client.get();
        }
    }

    private void client(int number) throws InterruptedException, ExecutionException, TimeoutException {
        String own = "train:" + number % (2 * AT_ONCE);
        Semaphore received = new Semaphore(0);
        ChannelListener counts = new ChannelListener() {
            @Override
            public void onMessage(Message message) {
                received.release();
            }
        };
        var scopes = EnumSet.allOf(TokenMinter.Scope.class);
        String token = minter.mint("user-" + number, List.of("train:*"), scopes, Duration.ofHours(1));
        try (BroadcasterClient client =
                BroadcasterClient.builder(socket).token(token).build()) {
            Handle lobby = client.subscribe("train:lobby", new ChannelListener() {});
            Handle mine =
                    client.subscribe(own, counts, SubscribeOptions.defaults().last(5));
            client.connect();
            lobby.ready().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            mine.ready().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            client.publish("train:lobby", "said", PAYLOAD, PATIENT).get();
            for (int i = 0; i < OWN_MESSAGES; i++) {
                client.publish(own, "said", PAYLOAD, PATIENT).get();
            }
            await(received, OWN_MESSAGES);
            client.disconnect();
            received.drainPermits();
            rest.publish(own, "missed", PAYLOAD, PATIENT).get();
            client.connect();
            await(received, 1);
        }
    }

    private static void await(Semaphore received, int messages) throws InterruptedException, TimeoutException {
        if (!received.tryAcquire(messages, TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException(messages + " messages have not arrived within " + TIMEOUT_SECONDS + " s");
        }
    }
}
