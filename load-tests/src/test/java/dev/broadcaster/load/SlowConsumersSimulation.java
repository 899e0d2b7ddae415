package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * USERS subscribers of one channel that read, and SLOW_READERS that never do; servers publish RATE messages per second.
 * The slow ones have to be closed with 4409 in the end, and the others must not notice. The nodes that it starts hold
 * at most 256 kB per client, so that the end comes soon; for other nodes RATE x PAYLOAD_BYTES x DURATION_SECONDS has to
 * be well above MAX_PENDING_BYTES.
 */
public final class SlowConsumersSimulation extends BroadcasterSimulation {
    private static final String CLOSED = "slow reader, closed with 4409";
    private static final int SLOW_CONSUMER = 4409;
    private static final Map<String, String> SETTINGS = Map.of("MAX_PENDING_BYTES", "262144");

    /** Slow readers block, which Gatling's threads must not. */
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "slow-reader");
        thread.setDaemon(true);
        return thread;
    });

    public SlowConsumersSimulation() {
        super(Scale.of(200, 100, 1, Duration.ofMinutes(1)).withPayloadBytes(Scale.SMOKE ? 32_000 : 8_000), SETTINGS);
        int slow = (int) Scale.number("SLOW_READERS", Scale.SMOKE ? 5 : 20);
        Duration end = scale.ramp().plus(scale.duration());
        PopulationBuilder readers = scenario("readers")
                .exec(connect(session -> List.of(channel(0))))
                .exec(listen(session -> !isOver(end)))
                .exec(leave())
                .injectOpen(rampUsers(scale.users()).during(scale.ramp()));
        PopulationBuilder slowReaders = scenario("slow readers")
                .exec(session -> session.set("code", closeCode(session)))
                .exec(asLongAs(session -> !code(session).isDone()).on(pause(Duration.ofMillis(200))))
                .exec(dummy(CLOSED, 0).withSuccess(session -> code(session).join() == SLOW_CONSUMER))
                .injectOpen(rampUsers(slow).during(scale.ramp()));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publish(session -> channel(0)))
                .injectOpen(
                        nothingFor(scale.ramp()),
                        constantUsersPerSec(scale.rate()).during(scale.duration()));
        run(
                List.of(readers, slowReaders, servers),
                details(CLOSED).successfulRequests().count().is((long) slow));
    }

    private static CompletableFuture<Integer> code(Session session) {
        CompletableFuture<Integer> code = session.get("code");
        if (code == null) {
            throw new IllegalStateException("no slow reader has been started");
        }
        return code;
    }

    private CompletableFuture<Integer> closeCode(Session session) {
        List<String> urls = target.webSocketUrls();
        String url = urls.get((int) (session.userId() % urls.size()));
        String token = target.token("slow-" + session.userId(), prefix);
        return CompletableFuture.supplyAsync(
                        () -> {
                            try (SlowReader reader = SlowReader.open(url, token, channel(0))) {
                                return reader.closeCodeAfter(scale.ramp().plus(scale.duration()));
                            } catch (IOException e) {
                                throw new CompletionException(e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                                throw new CompletionException(e);
                            }
                        },
                        threads)
                .exceptionally(failure -> {
                    System.out.println("PROBLEM: slow reader: " + failure);
                    return -1;
                });
    }
}
