package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.asLongAs;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.OpenInjectionStep;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * A day in DURATION_SECONDS: the number of clients grows to about USERS in the morning, noon has a peak of three times
 * RATE messages per second, in the evening all leave. Most clients read three channels, some also publish over
 * WebSocket, some stay only briefly; few channels are used by many clients, and many by few. Servers publish over REST.
 * Nodes may be replaced meanwhile: clients reconnect and recover, servers retry once.
 */
public final class MixedDaySimulation extends BroadcasterSimulation {
    private static final int CHANNELS_EACH = 3;
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private final Duration longestStay;

    public MixedDaySimulation() {
        super(Scale.of(500, 50, 200, Duration.ofMinutes(10)));
        longestStay = scale.duration().dividedBy(4);
        // With this many arrivals per second, each staying half of the longest time, there are USERS.
        double arrivals = scale.users() / (longestStay.toMillis() / 2000.0);

        PopulationBuilder readers = scenario("readers")
                .exec(connectPatiently(this::likedChannels))
                .exec(stay())
                .exec(leavePatiently(heartbeat()))
                .injectOpen(day(arrivals * 0.7, 1));
        PopulationBuilder writers = scenario("writers")
                .exec(connectPatiently(this::likedChannels))
                .exec(until())
                .exec(asLongAs(MixedDaySimulation::stays)
                        .on(exec(publishers.publishOverWebSocket(session -> likedChannel()))
                                .exec(pause(Duration.ofSeconds(1), Duration.ofSeconds(3)))))
                .exec(heartbeat())
                .exec(leavePatiently(heartbeat()))
                .injectOpen(day(arrivals * 0.1, 1));
        PopulationBuilder visitors = scenario("visitors")
                .exec(connectPatiently(this::likedChannels))
                .exec(leavePatiently(heartbeat()))
                .injectOpen(day(arrivals * 0.2, 1));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publishPatiently(session -> likedChannel()))
                .injectOpen(day(scale.rate(), 3));
        int limit = (int) scale.p99().toMillis();
        runPatiently(
                List.of(readers, writers, visitors, servers),
                List.of(SIGNED_IN, CHECKED, "publish", "publish reply", "heartbeat reply"),
                details(SIGNED_IN).responseTime().percentile(99).lte(limit),
                details("publish").responseTime().percentile(99).lte(limit),
                details("publish reply").responseTime().percentile(99).lte(limit));
    }

    /** Arrivals over the day: up to {@code rate} per second, and at noon {@code peak} times that. */
    private OpenInjectionStep[] day(double rate, double peak) {
        Duration tenth = scale.duration().dividedBy(10);
        return new OpenInjectionStep[] {
            rampUsersPerSec(rate / 10).to(rate).during(tenth.multipliedBy(3)),
            constantUsersPerSec(rate).during(tenth.multipliedBy(2)),
            constantUsersPerSec(rate * peak).during(tenth),
            constantUsersPerSec(rate).during(tenth),
            rampUsersPerSec(rate).to(rate / 10).during(tenth.multipliedBy(3))
        };
    }

    /** Listens for a while, with a heartbeat every few seconds. */
    private ChainBuilder stay() {
        return exec(until())
                .exec(asLongAs(MixedDaySimulation::stays)
                        .on(exec(session -> session.set(
                                        "nextBeat",
                                        Math.min(
                                                session.getLong("leaveAt"),
                                                System.currentTimeMillis() + HEARTBEAT.toMillis())))
                                .exec(listen(session -> System.currentTimeMillis() < session.getLong("nextBeat")))
                                .exec(heartbeat())));
    }

    /** Lets a client notice that the node has closed the connection when nothing arrives; it then reconnects. */
    private static ChainBuilder heartbeat() {
        return requestPatiently(
                "heartbeat", session -> "{}", session -> session, request("heartbeat", session -> "{}"));
    }

    private ChainBuilder until() {
        return exec(session -> session.set(
                "leaveAt",
                System.currentTimeMillis() + ThreadLocalRandom.current().nextLong(longestStay.toMillis())));
    }

    private static boolean stays(Session session) {
        return System.currentTimeMillis() < session.getLong("leaveAt");
    }

    private List<String> likedChannels(Session session) {
        return IntStream.range(0, CHANNELS_EACH * 4)
                .mapToObj(i -> likedChannel())
                .distinct()
                .limit(CHANNELS_EACH)
                .toList();
    }

    /** With probability one half one of the first eighth of the channels, and so on. */
    private String likedChannel() {
        double at = ThreadLocalRandom.current().nextDouble();
        return channel((int) (scale.channels() * at * at * at));
    }
}
