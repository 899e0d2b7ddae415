package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Tokens;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The control API of one node (PROTOCOL section 13). */
@Tag("black-box")
final class ControlBlackBoxTest {
    private static final String CONTROL = "Authorization: Bearer controller";
    private static final String READ = "Authorization: Bearer reader";
    private static final AtomicInteger USERS = new AtomicInteger();
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    @RegisterExtension
    static final TestGateway GATEWAY = TestGateway.shared(
            "HISTORY", "kept:=10/1h", "API_KEYS", TestGateway.API_KEY + ",controller=control,reader=read");

    private final String user = "user-" + USERS.incrementAndGet();

    @AfterAll
    static void endThreads() {
        THREADS.shutdown();
    }

    @AfterEach
    void forgetTheLinesOfCalls() {
        GATEWAY.log().take();
    }

    private static Tokens claimsOf(String sub) {
        return Tokens.claims().with("sub", Json.quote(sub));
    }

    private static WsClient clientOf(String sub) {
        return GATEWAY.connect().auth(claimsOf(sub).token());
    }

    private static HttpRaw.Response disconnect(String pathOfUser, String body) {
        return GATEWAY.post("/broadcaster/users/" + pathOfUser + "/disconnect", body, CONTROL);
    }

    private static HttpRaw.Response request(String method, String path, String key) {
        return HttpRaw.exchange(GATEWAY.port(), HttpRaw.request(method, "/broadcaster" + path, "", key));
    }

    /** On a busy machine a call may end before the node has answered: then its number says nothing. */
    private static void assertCounted(HttpRaw.Response response, String what, int count) {
        assertThat(response.status()).as("%s", response).isEqualTo(200);
        assertThat(response.json().names()).containsExactly(what, "nodes", "complete");
        if (response.json().get("complete").kind() == Json.Kind.TRUE) {
            assertThat(response.json().get(what).number()).isEqualTo(count);
            assertThat(response.json().get("nodes").number()).isEqualTo(1);
        }
    }

    /** The answer of all nodes; see {@link #assertCounted}. */
    private static String get(String path) {
        HttpRaw.Response response = request("GET", path, READ);
        for (int i = 0; i < 30 && response.text().endsWith("\"complete\":false}"); i++) {
            response = request("GET", path, READ);
        }
        assertThat(response.status()).as("%s", response).isEqualTo(200);
        assertThat(response.header("Content-Type")).isEqualTo("application/json");
        return response.text();
    }

    @Test
    void disconnect_closesTheUsersConnections_whichMayComeBack() {
        WsClient one = clientOf(user);
        WsClient two = clientOf(user);
        WsClient other = clientOf(user + "-other");

        HttpRaw.Response response = disconnect(user, "{\"reason\":\"moved\"}");

        assertCounted(response, "connections", 2);
        for (WsClient client : List.of(one, two)) {
            client.expectClose(4401);
            assertThat(client.closeReason()).isEqualTo("moved");
        }
        other.ok("heartbeat", "{}");
        clientOf(user).ok("heartbeat", "{}");
    }

    @Test
    void disconnects_thatComeTogether_countEachConnectionOnce() {
        List<String> users = IntStream.range(0, 4).mapToObj(i -> user + "-" + i).toList();
        List<WsClient> clients = users.stream()
                .flatMap(name -> Stream.of(clientOf(name), clientOf(name)))
                .toList();

        // 24 calls on as many connections
        List<CompletableFuture<HttpRaw.Response>> calls = IntStream.range(0, 24)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> disconnect(users.get(i % 4), "{}"), THREADS))
                .toList();
        List<Json> answers = calls.stream().map(call -> call.join().json()).toList();

        clients.forEach(client -> client.expectClose(4401));
        if (answers.stream().allMatch(answer -> answer.get("complete").kind() == Json.Kind.TRUE)) {
            double sum = answers.stream()
                    .mapToDouble(answer -> answer.get("connections").number())
                    .sum();
            assertThat(sum).isEqualTo(clients.size());
        }
    }

    @Test
    void disconnect_needsNoBody() {
        WsClient client = clientOf(user);

        assertCounted(disconnect(user, ""), "connections", 1);

        client.expectClose(4401);
        assertThat(client.closeReason()).isEqualTo("disconnected");
    }

    @Test
    void revoke_closesWith4403_andEndsEarlierTokens() {
        String cached = claimsOf(user).with("iat", "" + (Tokens.now() - 5)).token();
        WsClient client = GATEWAY.connect().auth(cached);

        assertCounted(disconnect(user, "{\"revoke\":true,\"reason\":\"left the company\"}"), "connections", 1);

        client.expectClose(4403);
        assertThat(client.closeReason()).isEqualTo("left the company");
        WsClient again = GATEWAY.connect();
        for (String token : List.of(cached, claimsOf(user).token())) {
            assertThat(again.error("Unauthenticated", "auth", "{\"token\":" + Json.quote(token) + "}"))
                    .startsWith("sub: ")
                    .doesNotContain(token);
        }
        again.auth(claimsOf(user).with("iat", "" + (Tokens.now() + 10)).token());
        assertThat(GATEWAY.metrics().get("broadcaster_revocations")).isPositive();
    }

    @Test
    void revoke_coversATokenThatIsRefreshed() {
        String newer = claimsOf(user).with("iat", "" + (Tokens.now() + 20)).token();
        disconnect(user, "{\"revoke\":true}");
        WsClient client = GATEWAY.connect().auth(newer);

        client.error(
                "Unauthenticated",
                "refresh",
                "{\"token\":" + Json.quote(claimsOf(user).with("iat", "5").token()) + "}");

        client.ok("heartbeat", "{}");
    }

    @Test
    void revoke_warnsThatItIsInMemory_andLogsWhoAndWhom() {
        GATEWAY.log().take();

        disconnect(user, "{\"revoke\":true}");

        assertThat(GATEWAY.log().take())
                .last()
                .asString()
                .contains("API key 1 from 127.0.0.1 revoked the access of user " + user + ": 0 connections on ");
    }

    @Test
    void unsubscribe_endsTheSubscriptionsOfTheUser() {
        WsClient client = clientOf(user);
        client.subscribe("room:1");
        client.subscribe("room:2");
        WsClient other = clientOf(user + "-other");
        other.subscribe("room:1");
        String path = "/broadcaster/users/" + user + "/unsubscribe";

        assertCounted(
                GATEWAY.post(path, "{\"channel\":\"room:1\",\"reason\":\"room closed\"}", CONTROL), "subscriptions", 1);

        assertThat(client.notification().toString())
                .isEqualTo("{\"method\":\"unsubscribed\",\"params\":"
                        + "{\"channel\":\"room:1\",\"reason\":\"room closed\"}}");
        GATEWAY.publish("room:1", "e", "1");
        GATEWAY.publish("room:2", "e", "2");
        assertThat(client.broadcast().get("channel").text()).isEqualTo("room:2");
        assertThat(other.broadcast().get("channel").text()).isEqualTo("room:1");
        assertCounted(GATEWAY.post(path, "{\"channel\":\"room:1\"}", CONTROL), "subscriptions", 0);
        client.subscribe("room:1");
    }

    @Test
    void user_listsItsConnections() {
        WsClient plain = clientOf(user);
        plain.subscribe("room:b");
        plain.subscribe("room:a");
        WsClient greeted = GATEWAY.connect();
        String id = greeted.ok(
                        "auth",
                        "{\"token\":" + Json.quote(claimsOf(user).token()) + ",\"hello\":{\"client\":\"js/1.2.3\"}}")
                .get("hello")
                .get("connectionId")
                .text();

        Json answer = Json.parse(get("/users/" + user));

        assertThat(answer.names()).containsExactly("user", "connections", "complete");
        assertThat(answer.get("user").text()).isEqualTo(user);
        assertThat(answer.get("complete").kind()).isEqualTo(Json.Kind.TRUE);
        assertThat(answer.get("connections").elements()).hasSize(2).allSatisfy(connection -> {
            assertThat(connection.names())
                    .containsExactly("connectionId", "since", "client", "transport", "channels", "subscriptions");
            WsClient.assertRfc3339Utc(connection.get("since").text());
            assertThat(connection.get("transport").text()).isEqualTo("websocket");
            assertThat(connection.get("connectionId").text()).isNotEmpty();
        });
        Json withId = connection(answer, "js/1.2.3");
        assertThat(withId.get("connectionId").text()).isEqualTo(id);
        assertThat(withId.get("channels").raw()).isEqualTo("[]");
        Json without = connection(answer, "other");
        assertThat(without.get("channels").raw()).isEqualTo("[\"room:a\",\"room:b\"]");
        assertThat(without.get("subscriptions").number()).isEqualTo(2);
        assertThat(connection(Json.parse(get("/users/" + user)), "other")
                        .get("connectionId")
                        .text())
                .isEqualTo(without.get("connectionId").text());
    }

    private static Json connection(Json answer, String client) {
        return answer.get("connections").elements().stream()
                .filter(connection -> connection.get("client").text().equals(client))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void user_listsAtMost100Channels() {
        WsClient client = clientOf(user);
        IntStream.range(0, 120).forEach(i -> client.subscribe("many:" + (1000 + i)));

        Json connection =
                Json.parse(get("/users/" + user)).get("connections").elements().get(0);

        assertThat(connection.get("channels").elements()).hasSize(100);
        assertThat(connection.get("channels").elements().get(0).text()).isEqualTo("many:1000");
        assertThat(connection.get("subscriptions").number()).isEqualTo(120);
    }

    @Test
    void unknownUser_hasNoConnections() {
        assertThat(get("/users/nobody")).isEqualTo("{\"user\":\"nobody\",\"connections\":[],\"complete\":true}");
        assertCounted(disconnect("nobody", "{}"), "connections", 0);
    }

    @ParameterizedTest
    @CsvSource({
        "auth0|5f, auth0%7C5f",
        "a/b, a%2Fb",
        "a b+c, a%20b+c",
        "a@example.com, a@example.com",
        "Zoë, Zo%C3%AB",
        "😀, %F0%9F%98%80",
        "'a\"b\\', a%22b%5C",
        "disconnect, disconnect",
        "50%, 50%25",
        "?x=#;, %3Fx=%23%3B"
    })
    void user_isPercentEncoded(String sub, String encoded) {
        WsClient client = clientOf(sub);

        assertThat(Json.parse(get("/users/" + encoded)).get("user").text()).isEqualTo(sub);
        assertCounted(disconnect(encoded, "{}"), "connections", 1);

        client.expectClose(4401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%ff", "%C3", "%C3%28", "%ED%A0%80"})
    void user_thatIsNotUtf8_isRefused(String encoded) {
        assertThat(request("GET", "/users/" + encoded, READ).error("InvalidArgument"))
                .startsWith("user: ");
        assertThat(disconnect(encoded, "{}").error("InvalidArgument")).startsWith("user: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "nul",
                "{",
                "\"x\"",
                "{}{}",
                "{\"reason\":5}",
                "{\"revoke\":\"yes\"}",
                "{\"revoke\":1}",
                "{\"revoke\":true,\"revoke\":false}"
            })
    void malformedBody_isRefused_andNothingIsDone(String body) {
        WsClient client = clientOf(user);

        HttpRaw.Response response = disconnect(user, body);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        assertThat(response.error("InvalidArgument")).isNotBlank();
        client.ok("heartbeat", "{}");
    }

    @Test
    void reason_fitsIntoACloseFrame() {
        WsClient client = clientOf(user);
        assertThat(disconnect(user, "{\"reason\":\"" + "é".repeat(62) + "\"}").error("InvalidArgument"))
                .startsWith("reason: too long");

        disconnect(user, "{\"reason\":\"" + "é".repeat(61) + "\"}");

        client.expectClose(4401);
        assertThat(client.closeReason()).isEqualTo("é".repeat(61));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"channel\":\"\"}", "{\"channel\":\"a::b\"}", "{\"channel\":7}", ""})
    void unsubscribe_needsAChannel(String body) {
        HttpRaw.Response response = GATEWAY.post("/broadcaster/users/" + user + "/unsubscribe", body, CONTROL);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        assertThat(response.error("InvalidArgument")).startsWith("channel: ");
    }

    @Test
    void channels_areListedByName_inPages() {
        WsClient one = GATEWAY.subscriber("list:b", "list:a", "list:c", "other:1");
        WsClient two = GATEWAY.subscriber("list:b");

        assertThat(get("/channels?prefix=list:"))
                .isEqualTo("{\"channels\":[{\"channel\":\"list:a\",\"subscribers\":1},"
                        + "{\"channel\":\"list:b\",\"subscribers\":2},{\"channel\":\"list:c\",\"subscribers\":1}],"
                        + "\"more\":false,\"complete\":true}");
        assertThat(get("/channels?prefix=list%3A&limit=2"))
                .isEqualTo("{\"channels\":[{\"channel\":\"list:a\",\"subscribers\":1},"
                        + "{\"channel\":\"list:b\",\"subscribers\":2}],\"more\":true,\"complete\":true}");
        assertThat(get("/channels?prefix=list:&limit=2&cursor=list:b"))
                .isEqualTo("{\"channels\":[{\"channel\":\"list:c\",\"subscribers\":1}],"
                        + "\"more\":false,\"complete\":true}");
        assertThat(get("/channels?limit=3&cursor=")).contains("\"more\":true");
        assertThat(get("/channels?prefix=nothing:")).isEqualTo("{\"channels\":[],\"more\":false,\"complete\":true}");
        two.unsubscribe("list:b");
        assertThat(get("/channels/list:b")).isEqualTo("{\"channel\":\"list:b\",\"subscribers\":1,\"complete\":true}");
        one.ok("heartbeat", "{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=1001",
                "limit=-1",
                "limit=x",
                "limit=",
                "limit=1&limit=2",
                "cursor=a::b",
                "prefix=a&prefix=b"
            })
    void page_isRefused_whenAParameterIsWrong(String query) {
        HttpRaw.Response response = request("GET", "/channels?" + query, READ);

        assertThat(response.status()).as("%s", response).isEqualTo(400);
        assertThat(response.error("InvalidArgument")).startsWith(query.substring(0, query.indexOf('=')) + ": ");
    }

    @Test
    void channel_hasItsHistory() {
        assertThat(get("/channels/kept:new"))
                .isEqualTo("{\"channel\":\"kept:new\",\"subscribers\":0,"
                        + "\"history\":{\"size\":0,\"lastMessageId\":null},\"complete\":true}");
        GATEWAY.publish("kept:new", "e", "1");
        String id = GATEWAY.publish("kept:new", "e", "2").json().get("id").text();

        assertThat(get("/channels/kept%3Anew"))
                .isEqualTo("{\"channel\":\"kept:new\",\"subscribers\":0,\"history\":{\"size\":2,\"lastMessageId\":\""
                        + id + "\"},\"complete\":true}");
        assertThat(request("GET", "/channels/a::b", READ).error("InvalidArgument"))
                .isEqualTo("channel: malformed");
    }

    @Test
    void deletedHistory_isNotRecovered_butLiveMessagesContinue() {
        WsClient live = GATEWAY.subscriber("kept:gone");
        String id = GATEWAY.publish("kept:gone", "e", "1").json().get("id").text();
        assertThat(live.broadcast().get("seq").number()).isEqualTo(1);

        HttpRaw.Response deleted = request("DELETE", "/channels/kept:gone/history", CONTROL);

        assertThat(deleted.status()).as("%s", deleted).isEqualTo(204);
        assertThat(deleted.text()).isEmpty();
        WsClient returning = GATEWAY.member();
        String params = "{\"channel\":\"kept:gone\",\"lastSeenMessageId\":\"" + id + "\"}";
        assertThat(returning.ok("subscribe", params).get("historyRecovered").kind())
                .isEqualTo(Json.Kind.FALSE);
        assertThat(request("GET", "/channels/kept:gone/history", READ)
                        .json()
                        .get("messages")
                        .raw())
                .isEqualTo("[]");
        GATEWAY.publish("kept:gone", "e", "2");
        assertThat(live.broadcast().get("seq").number()).isEqualTo(2);
        assertThat(returning.broadcast().get("seq").number()).isEqualTo(1);
        String chunks = "DELETE " + TestGateway.BASE + "/channels/kept:gone/history HTTP/1.1\r\nHost: a\r\n" + CONTROL
                + "\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assertThat(HttpRaw.exchange(GATEWAY.port(), chunks).status()).isEqualTo(204);
        assertThat(request("DELETE", "/channels/unkept/history", CONTROL).error("NotFound"))
                .isNotBlank();
        assertThat(request("DELETE", "/channels/a::b/history", CONTROL).error("InvalidArgument"))
                .isNotBlank();
    }

    @ParameterizedTest
    @CsvSource({
        "POST,   /users/x/disconnect,      control, reader",
        "POST,   /users/x/unsubscribe,     control, black-box-key-one",
        "DELETE, /channels/kept:x/history, control, black-box-key-one",
        "GET,    /users/x,                 read,    controller",
        "GET,    /channels,                read,    controller",
        "GET,    /channels/x,              read,    controller"
    })
    void call_isRefused_whenTheKeyHasNoScope(String method, String path, String scope, String key) {
        HttpRaw.Response refused = request(method, path, "Authorization: Bearer " + key);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.error("PermissionDenied")).isEqualTo("the API key has no scope " + scope);

        HttpRaw.Response stranger = request(method, path, "Authorization: Bearer unknown");
        assertThat(stranger.status()).isEqualTo(401);
        assertThat(stranger.header("WWW-Authenticate")).isEqualTo("Bearer");

        HttpRaw.Response wrong = request("PUT", path, CONTROL);
        assertThat(wrong.status()).isEqualTo(405);
        assertThat(wrong.header("Allow")).contains(method).endsWith(", OPTIONS");
        assertThat(request("OPTIONS", path, "Origin: https://app.example").header("Access-Control-Allow-Methods"))
                .isEqualTo(wrong.header("Allow"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/users", "/users/", "/users/a/b", "/users/a/disconnect/", "/channels/", "/channels/a/b"})
    void otherPaths_areNotFound(String path) {
        assertThat(request("GET", path, READ).status()).isEqualTo(404);
    }
}
