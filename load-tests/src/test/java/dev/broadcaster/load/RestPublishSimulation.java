package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.atOnceUsers;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.details;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.percent;
import static io.gatling.javaapi.core.CoreDsl.randomSwitch;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Session;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * RATE servers per second arrive and publish: most of them one message, some one message twice with an Idempotency-Key,
 * which must be published once, and some a batch of ten. One reader of all CHANNELS checks the messages.
 */
public final class RestPublishSimulation extends BroadcasterSimulation {
    private static final int BATCH = 10;

    public RestPublishSimulation() {
        super(Scale.of(1, 500, 100, Duration.ofMinutes(1)));
        Duration quiet = Duration.ofSeconds(1);
        Duration end = quiet.plus(scale.duration());
        PopulationBuilder reader = scenario("reader")
                .exec(connect(session -> IntStream.range(0, scale.channels())
                        .mapToObj(this::channel)
                        .toList()))
                .exec(listen(session -> !isOver(end)))
                .exec(leave())
                .injectOpen(atOnceUsers(1));
        PopulationBuilder servers = scenario("servers")
                .exec(randomSwitch()
                        .on(
                                percent(90).then(publishers.publish(session -> anyChannel())),
                                percent(5).then(twice()),
                                percent(5).then(batch())))
                .injectOpen(nothingFor(quiet), constantUsersPerSec(scale.rate()).during(scale.duration()));
        run(
                List.of(reader, servers),
                details("publish").responseTime().percentile(99).lte((int)
                        scale.p99().toMillis()));
    }

    private String anyChannel() {
        return channel(ThreadLocalRandom.current().nextInt(scale.channels()));
    }

    private ChainBuilder twice() {
        return exec(session -> {
                    Session numbered = publishers.numbered(session, anyChannel());
                    return numbered.set("key", UUID.randomUUID().toString()).set("body", publishers.body(numbered));
                })
                .exec(http("publish, idempotent")
                        .post("/publish")
                        .header("Authorization", publishers.authorization())
                        .header("Idempotency-Key", "#{key}")
                        .body(StringBody("#{body}"))
                        .check(status().saveAs("status"), bodyString().saveAs("answer"))
                        .check(status().is(200))
                        .check(jsonPath("$.id").saveAs("id")))
                .exec(publishers::noted)
                .exitHereIfFailed()
                .exec(http("publish, idempotent, again")
                        .post("/publish")
                        .header("Authorization", publishers.authorization())
                        .header("Idempotency-Key", "#{key}")
                        .body(StringBody("#{body}"))
                        .check(status().is(200))
                        .check(jsonPath("$.id").isEL("#{id}")));
    }

    private ChainBuilder batch() {
        return exec(session -> {
                    String channel = anyChannel();
                    List<Integer> numbers = IntStream.range(0, BATCH)
                            .mapToObj(i -> ledger.issue(channel))
                            .toList();
                    String messages = numbers.stream()
                            .map(number -> publishers.body(channel, number))
                            .collect(Collectors.joining(","));
                    return session.set("to", channel)
                            .set("numbers", numbers)
                            .set("body", "{\"messages\":[" + messages + "]}");
                })
                .exec(http("publish, batch of " + BATCH)
                        .post("/publish/batch")
                        .header("Authorization", publishers.authorization())
                        .body(StringBody("#{body}"))
                        .check(status().is(200))
                        .check(jsonPath("$..id").count().is(BATCH)))
                .exec(session -> {
                    if (!session.isFailed()) {
                        session.<Integer>getList("numbers")
                                .forEach(number -> ledger.accepted(session.getString("to"), number));
                    }
                    return session;
                });
    }
}
