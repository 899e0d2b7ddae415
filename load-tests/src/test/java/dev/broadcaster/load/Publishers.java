package dev.broadcaster.load;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.responseTimeInMillis;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Function;

/** Publishes, and records the outcome in the ledger. */
final class Publishers {
    private final String authorization;
    private final Ledger ledger;
    private final String padding;

    Publishers(String apiKey, Ledger ledger, int payloadBytes) {
        this.authorization = "Bearer " + apiKey;
        this.ledger = ledger;
        this.padding = "x".repeat(Math.max(0, payloadBytes - 40));
    }

    /** Publishes once over REST. */
    ChainBuilder publish(Function<Session, String> channel) {
        return exec(session -> numbered(session, channel.apply(session)))
                .exec(http("publish")
                        .post("/publish")
                        .header("Authorization", authorization)
                        .header("Content-Type", "application/json")
                        .body(StringBody(this::body))
                        .check(status().saveAs("status"), bodyString().saveAs("answer"))
                        .check(status().is(200)))
                .exec(this::noted);
    }

    /**
     * Publishes over REST, and once more if that fails, like a server while nodes are replaced. Only the last attempt
     * counts; the Idempotency-Key prevents a duplicate.
     */
    ChainBuilder publishPatiently(Function<Session, String> channel) {
        return exec(session -> {
                    Session numbered = numbered(session, channel.apply(session));
                    return numbered.set("key", UUID.randomUUID().toString()).set("body", body(numbered));
                })
                .exec(post())
                .exec(this::noted)
                .doIf(session -> !isPublished(session))
                .then(exec(session -> session.markAsSucceeded().remove("status"))
                        .pause(Duration.ofMillis(200), Duration.ofSeconds(1))
                        .exec(this::tryAgain)
                        .exec(post())
                        .exec(this::noted))
                .exec(dummy("publish", session -> session.contains("millis") ? session.getInt("millis") : 0)
                        .withSuccess(Publishers::isPublished));
    }

    private static boolean isPublished(Session session) {
        return session.contains("status") && session.getInt("status") == 200;
    }

    private HttpRequestActionBuilder post() {
        return http("publish")
                .post("/publish")
                .header("Authorization", authorization)
                .header("Idempotency-Key", "#{key}")
                .body(StringBody("#{body}"))
                .check(status().saveAs("status"), bodyString().saveAs("answer"))
                .check(responseTimeInMillis().saveAs("millis"), status().is(200))
                .silent();
    }

    /**
     * Publishes over the user's own WebSocket, and another message if that is not answered, because the outcome of the
     * first is unknown.
     */
    ChainBuilder publishOverWebSocket(Function<Session, String> channel) {
        ChainBuilder again = exec(session -> numbered(session, channel.apply(session)))
                .exec(BroadcasterSimulation.request("publish", this::body))
                .exec(session -> session.isFailed() ? session : accepted(session));
        return exec(session -> numbered(session, channel.apply(session)))
                .exec(BroadcasterSimulation.requestPatiently("publish", this::body, this::accepted, again));
    }

    private Session tryAgain(Session session) {
        ledger.triedAgain(session.getString("to"), session.getInt("n"));
        return session;
    }

    private Session accepted(Session session) {
        ledger.accepted(session.getString("to"), session.getInt("n"));
        return session;
    }

    /** The user, with the channel and the number of its next publish. */
    Session numbered(Session session, String channel) {
        return session.set("to", channel).set("n", ledger.issue(channel)).remove("status");
    }

    /** The body of its publish. */
    String body(Session session) {
        return body(session.getString("to"), session.getInt("n"));
    }

    String body(String channel, int number) {
        return "{\"channel\":\"" + channel + "\",\"event\":\"load\",\"payload\":{\"n\":" + number + ",\"at\":"
                + System.currentTimeMillis() + ",\"pad\":\"" + padding + "\"}}";
    }

    Session noted(Session session) {
        if (session.contains("status")) {
            String channel = session.getString("to");
            int number = session.getInt("n");
            if (session.getInt("status") == 200) {
                ledger.accepted(channel, number);
            } else if (String.valueOf(session.getString("answer")).contains("\"not published")) {
                ledger.refused(channel, number);
            }
        }
        return session;
    }

    String authorization() {
        return authorization;
    }
}
