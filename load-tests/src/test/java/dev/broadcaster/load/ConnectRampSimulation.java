package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.rampUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import java.time.Duration;
import java.util.List;

/**
 * A growing number of connections per second, up to RATE; each authenticates, subscribes to one of CHANNELS, stays for
 * STAY_SECONDS and leaves. Servers publish a little, so that there are messages to check.
 */
public final class ConnectRampSimulation extends BroadcasterSimulation {
    public ConnectRampSimulation() {
        super(Scale.of(0, 100, 100, Duration.ofMinutes(1)));
        Duration stay = Duration.ofMillis((long) (Scale.number("STAY_SECONDS", Scale.SMOKE ? 1 : 10) * 1000));
        PopulationBuilder comers = scenario("comers")
                .exec(connect(session -> List.of(channel((int) (session.userId() % scale.channels())))))
                .exec(session -> session.set("leaveAt", System.currentTimeMillis() + stay.toMillis()))
                .exec(listen(session -> System.currentTimeMillis() < session.getLong("leaveAt")))
                .exec(leave())
                .injectOpen(rampUsersPerSec(1).to(scale.rate()).during(scale.duration()));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publish(session -> channel((int) (session.userId() % scale.channels()))))
                .injectOpen(constantUsersPerSec(10).during(scale.duration().plus(stay)));
        int limit = (int) scale.p99().toMillis();
        run(
                List.of(comers, servers),
                details("connect").responseTime().percentile(99).lte(limit),
                details("auth reply").responseTime().percentile(99).lte(limit),
                details("subscribe reply").responseTime().percentile(99).lte(limit));
    }
}
