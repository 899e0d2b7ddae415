package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.PopulationBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/**
 * USERS connections with SUBSCRIPTIONS of CHANNELS channels each; servers publish RATE messages per second, each to any
 * of them.
 */
public final class ManyChannelsSimulation extends BroadcasterSimulation {
    public ManyChannelsSimulation() {
        super(Scale.of(500, 200, 1000, Duration.ofMinutes(1)));
        int each = Math.min(scale.channels(), (int) Scale.number("SUBSCRIPTIONS", Scale.SMOKE ? 3 : 10));
        Duration end = scale.ramp().plus(scale.duration());
        PopulationBuilder readers = scenario("readers")
                .exec(connect(session -> IntStream.range(0, each)
                        .mapToObj(i -> channel((int) ((session.userId() * each + i) % scale.channels())))
                        .toList()))
                .exec(listen(session -> !isOver(end)))
                .exec(leave())
                .injectOpen(rampUsers(scale.users()).during(scale.ramp()));
        PopulationBuilder servers = scenario("servers")
                .exec(publishers.publish(
                        session -> channel(ThreadLocalRandom.current().nextInt(scale.channels()))))
                // Also before all have subscribed: messages that arrive while a client sends further requests have to
                // be right as well.
                .injectOpen(
                        nothingFor(scale.ramp().dividedBy(2)),
                        constantUsersPerSec(scale.rate())
                                .during(end.minus(scale.ramp().dividedBy(2))));
        run(List.of(readers, servers));
    }
}
