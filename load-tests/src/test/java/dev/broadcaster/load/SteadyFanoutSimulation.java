package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import java.time.Duration;
import java.util.List;

/** USERS subscribers of one channel; servers publish RATE messages per second there. */
public final class SteadyFanoutSimulation extends BroadcasterSimulation {
    public SteadyFanoutSimulation() {
        super(Scale.of(500, 20, 1, Duration.ofMinutes(1)));
        Duration end = scale.ramp().plus(scale.duration());
        PopulationBuilder readers = scenario("readers")
                .exec(connect(session -> List.of(channel(0))))
                .exec(listen(session -> !isOver(end)))
                .exec(leave())
                .injectOpen(rampUsers(scale.users()).during(scale.ramp()));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publish(session -> channel(0)))
                .injectOpen(
                        nothingFor(scale.ramp()),
                        constantUsersPerSec(scale.rate()).during(scale.duration()));
        run(List.of(readers, servers));
    }
}
