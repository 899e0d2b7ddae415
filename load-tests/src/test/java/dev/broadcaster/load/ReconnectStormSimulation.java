package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.List;

/**
 * USERS connections, all of which close at one moment and reconnect within JITTER_MILLIS, STORMS times, while servers
 * publish RATE messages per second. No client may be refused; messages of the meantime reach the connected clients.
 */
public final class ReconnectStormSimulation extends BroadcasterSimulation {
    private static final String BACK = "back again: connected, authenticated, subscribed";

    public ReconnectStormSimulation() {
        super(Scale.of(1000, 20, 50, Duration.ofMinutes(1)));
        int storms = (int) Scale.number("STORMS", Scale.SMOKE ? 2 : 5);
        Duration jitter = Duration.ofMillis((long) Scale.number("JITTER_MILLIS", Scale.SMOKE ? 200 : 1000));
        Duration end = scale.ramp().plus(scale.duration());
        Duration between = scale.duration().dividedBy(storms + 1);
        PopulationBuilder clients = scenario("clients")
                .exec(connect(this::channels))
                .exec(repeat(storms, "storm")
                        .on(exec(listen(session ->
                                        !isOver(scale.ramp().plus(between.multipliedBy(session.getInt("storm") + 1)))))
                                .exec(leave())
                                .exec(pause(Duration.ZERO, jitter))
                                .exec(session -> session.set("left", System.currentTimeMillis()))
                                .exec(connect(this::channels))
                                // Recorded afterwards: a step of no length, whose response time is the measured one.
                                .exec(session -> session.set(
                                        "back", (int) (System.currentTimeMillis() - session.getLong("left"))))
                                .exec(dummy(BACK, session -> session.getInt("back")))))
                .exec(listen(session -> !isOver(end)))
                .exec(leave())
                .injectOpen(rampUsers(scale.users()).during(scale.ramp()));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publish(session -> channel((int) (session.userId() % scale.channels()))))
                .injectOpen(
                        nothingFor(scale.ramp()),
                        constantUsersPerSec(scale.rate()).during(scale.duration()));
        int limit = (int) Scale.number("BACK_P99_MILLIS", Scale.SMOKE ? 10_000 : 2_000);
        run(
                List.of(clients, servers),
                details(BACK).responseTime().percentile(99).lte(limit));
    }

    private List<String> channels(Session session) {
        return List.of(channel((int) (session.userId() % scale.channels())));
    }
}
