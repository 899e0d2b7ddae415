package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.testing.Tokens;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The control API of two nodes with one Redis (PROTOCOL section 13): a call at one node reaches the clients of both. */
@Tag("redis")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ControlFleetBlackBoxTest {
    private static final String KEY = "Authorization: Bearer controller";
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final AtomicInteger USERS = new AtomicInteger();

    private static RedisServer redis;
    private static TestGateway one;
    private static TestGateway two;

    private final String user = "fleet-user-" + USERS.incrementAndGet();

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
        one = node();
        two = node();
        awaitReady(one);
        awaitReady(two);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        redis.close();
    }

    private static TestGateway node() {
        return TestGateway.start(
                "REDIS_URL", redis.url(), "HISTORY", "kept:=10/1h", "API_KEYS", "controller=publish+read+control");
    }

    private static void awaitReady(TestGateway node) {
        await().atMost(SOON).until(() -> node.get("/broadcaster/ready").status() == 200);
    }

    private String token() {
        return Tokens.claims().with("sub", Json.quote(user)).token();
    }

    private WsClient client(TestGateway node) {
        return node.connect().auth(token());
    }

    private static Json call(TestGateway node, String method, String path, String body) {
        HttpRaw.Response response =
                HttpRaw.exchange(node.port(), HttpRaw.request(method, "/broadcaster" + path, body, KEY));
        assertThat(response.status()).as("%s", response).isEqualTo(200);
        return response.json();
    }

    private static void publish(TestGateway node, String channel, String payload) {
        call(node, "POST", "/publish", WsClient.publishParams(channel, "e", payload));
    }

    /** A call that every living node has answered; a busy machine may need another one. */
    private static Json completeCall(TestGateway node, String method, String path, String body) {
        Json[] last = new Json[1];
        await().atMost(SOON).until(() -> {
            last[0] = call(node, method, path, body);
            return last[0].get("complete").kind() == Json.Kind.TRUE;
        });
        return last[0];
    }

    @Test
    @Order(1)
    void calls_areAnsweredByBothNodes() {
        Json answer = completeCall(one, "GET", "/channels/quiet", "");
        assertThat(answer.toString()).isEqualTo("{\"channel\":\"quiet\",\"subscribers\":0,\"complete\":true}");

        WsClient here = client(one);
        WsClient there = client(two);
        here.subscribe("both:1");
        there.subscribe("both:1");
        there.subscribe("both:2");

        assertThat(completeCall(one, "GET", "/channels/both:1", "")
                        .get("subscribers")
                        .number())
                .isEqualTo(2);
        assertThat(completeCall(two, "GET", "/channels?prefix=both:", "").toString())
                .isEqualTo("{\"channels\":[{\"channel\":\"both:1\",\"subscribers\":2},"
                        + "{\"channel\":\"both:2\",\"subscribers\":1}],\"more\":false,\"complete\":true}");
        assertThat(completeCall(two, "GET", "/channels?prefix=both:&limit=1", "")
                        .toString())
                .isEqualTo(
                        "{\"channels\":[{\"channel\":\"both:1\",\"subscribers\":2}],\"more\":true,\"complete\":true}");
        Json connections = completeCall(one, "GET", "/users/" + user, "").get("connections");
        assertThat(connections.elements()).hasSize(2);
        assertThat(connections.toString()).contains("[\"both:1\"]", "[\"both:1\",\"both:2\"]");
    }

    @Test
    @Order(2)
    void unsubscribe_andDisconnect_reachBothNodes() {
        WsClient here = client(one);
        WsClient there = client(two);
        here.subscribe("leave:1");
        there.subscribe("leave:1");

        Json ended =
                call(one, "POST", "/users/" + user + "/unsubscribe", "{\"channel\":\"leave:1\",\"reason\":\"shut\"}");

        for (WsClient client : List.of(here, there)) {
            assertThat(client.notification().get("params").toString())
                    .isEqualTo("{\"channel\":\"leave:1\",\"reason\":\"shut\"}");
        }
        assertThat(ended.names()).containsExactly("subscriptions", "nodes", "complete");

        call(two, "POST", "/users/" + user + "/disconnect", "{\"reason\":\"moved\"}");

        for (WsClient client : List.of(here, there)) {
            client.expectClose(4401);
            assertThat(client.closeReason()).isEqualTo("moved");
        }
        client(one).ok("heartbeat", "{}");
    }

    @Test
    @Order(3)
    void revocation_isEnforcedByBothNodes_andByOneThatStartsLater() {
        WsClient here = client(one);
        WsClient there = client(two);

        completeCall(two, "POST", "/users/" + user + "/disconnect", "{\"revoke\":true,\"reason\":\"left\"}");

        for (WsClient client : List.of(here, there)) {
            client.expectClose(4403);
            assertThat(client.closeReason()).isEqualTo("left");
        }
        expectRefused(one);
        expectRefused(two);
        try (TestGateway later = node()) {
            awaitReady(later);
            expectRefused(later);
        }
        assertThat(completeCall(one, "GET", "/users/" + user, "")
                        .get("connections")
                        .raw())
                .isEqualTo("[]");
    }

    private void expectRefused(TestGateway node) {
        String params = "{\"token\":" + Json.quote(token()) + "}";
        assertThat(node.connect().error("Unauthenticated", "auth", params)).startsWith("sub: ");
    }

    @Test
    @Order(4)
    void deletedHistory_isNotRecovered_onAnyNode() {
        WsClient live = client(two);
        live.ok("subscribe", "{\"channel\":\"kept:1\",\"last\":10}"); // the node has just read the history
        publish(one, "kept:1", "1");
        String id = live.broadcast().get("id").text();
        assertThat(completeCall(two, "GET", "/channels/kept:1", "")
                        .get("history")
                        .toString())
                .isEqualTo("{\"size\":1,\"lastMessageId\":\"" + id + "\"}");

        HttpRaw.Response deleted = HttpRaw.exchange(
                one.port(), HttpRaw.request("DELETE", "/broadcaster/channels/kept:1/history", "", KEY));

        assertThat(deleted.status()).as("%s", deleted).isEqualTo(204);
        assertThat(completeCall(two, "GET", "/channels/kept:1", "")
                        .get("history")
                        .get("size")
                        .number())
                .isZero();
        for (TestGateway node : List.of(one, two)) {
            String params = "{\"channel\":\"kept:1\",\"lastSeenMessageId\":\"" + id + "\"}";
            assertThat(client(node)
                            .ok("subscribe", params)
                            .get("historyRecovered")
                            .kind())
                    .isEqualTo(Json.Kind.FALSE);
        }
        publish(two, "kept:1", "2");
        assertThat(live.broadcast().get("seq").number()).as("no hole").isEqualTo(2);
    }

    @Test
    @Order(5)
    void redisThatHasLostRevocations_getsThemBack() {
        completeCall(one, "POST", "/users/" + user + "/disconnect", "{\"revoke\":true}");
        redis.kill9();

        assertThat(call(two, "GET", "/channels/quiet", "").get("complete").kind())
                .isEqualTo(Json.Kind.FALSE);
        redis.restart();
        awaitReady(one);
        awaitReady(two);

        try (TestGateway later = node()) {
            awaitReady(later);
            await().atMost(SOON).until(() -> later.metrics().get("broadcaster_revocations") >= 1);
            expectRefused(later);
        }
        assertThat(one.log().take()).anyMatch(line -> line.contains("Redis had lost"));
    }
}
