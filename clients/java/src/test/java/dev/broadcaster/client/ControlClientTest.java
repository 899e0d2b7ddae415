package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ControlClientTest {
    private final List<HttpRequest> requests = new ArrayList<>();
    private CompletableFuture<RestCall.Answer> answer = new CompletableFuture<>();

    private final ControlClient client =
            new ControlClient(URI.create("http://gateway/broadcaster/"), "key", new ManualClock(1), request -> {
                requests.add(request);
                return answer;
            });

    private void answers(int status, String body) {
        answer = CompletableFuture.completedFuture(new RestCall.Answer(status, body, 0));
    }

    private String path() {
        return requests.get(requests.size() - 1).uri().toString().substring("http://gateway/broadcaster".length());
    }

    private static Throwable failure(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, error) -> error).join();
    }

    @Test
    void disconnect_hasTheUserEncodedInThePath() {
        answers(200, "{\"connections\":3,\"nodes\":2,\"complete\":false}");

        assertThat(client.disconnect("a/b c+\u00e9?", "moved").join()).isEqualTo(new ControlClient.Effect(3, 2, false));

        assertThat(path()).isEqualTo("/users/a%2Fb%20c%2B%C3%A9%3F/disconnect");
        assertThat(requests.get(0).method()).isEqualTo("POST");
        assertThat(requests.get(0).headers().firstValue("Authorization")).contains("Bearer key");
    }

    @Test
    void revokeAndUnsubscribe_sayWhatTheyWant() {
        answers(200, "{\"connections\":0,\"subscriptions\":1,\"nodes\":1,\"complete\":true}");

        assertThat(client.revoke("alice", null).join()).isEqualTo(new ControlClient.Effect(0, 1, true));
        assertThat(requests.get(0).bodyPublisher().orElseThrow().contentLength())
                .isEqualTo("{\"revoke\":true}".length());
        assertThat(client.unsubscribe("alice", "chat:a", null).join()).isEqualTo(new ControlClient.Effect(1, 1, true));
        assertThat(path()).isEqualTo("/users/alice/unsubscribe");
    }

    @Test
    void user_hasItsConnections() {
        answers(
                200,
                "{\"user\":\"alice\",\"connections\":[{\"connectionId\":\"c1\",\"since\":\"2026-11-30T00:00:00.000Z\","
                        + "\"client\":\"js\\/1\",\"transport\":\"websocket\",\"channels\":[\"a\",\"b\"],"
                        + "\"subscriptions\":200,\"later\":1}],\"complete\":true}");

        ControlClient.User user = client.user("alice").join();

        assertThat(user.complete()).isTrue();
        assertThat(user.connections())
                .containsExactly(new ControlClient.UserConnection(
                        "c1", Instant.parse("2026-11-30T00:00:00Z"), "js/1", "websocket", List.of("a", "b"), 200));
        assertThat(path()).isEqualTo("/users/alice");
    }

    @Test
    void channels_arePagesByName() {
        answers(200, "{\"channels\":[{\"channel\":\"chat:a\",\"subscribers\":7}],\"more\":true,\"complete\":true}");

        ControlClient.ChannelPage page = client.channels("chat:", "chat:0", 10).join();

        assertThat(page.channels()).containsExactly(new ControlClient.Subscribed("chat:a", 7));
        assertThat(page.more()).isTrue();
        assertThat(path()).isEqualTo("/channels?limit=10&prefix=chat%3A&cursor=chat%3A0");
        client.channels("", null, 1).join();
        assertThat(path()).isEqualTo("/channels?limit=1");
    }

    @Test
    void channel_hasAHistory_ifItKeepsOne() {
        answers(
                200,
                "{\"channel\":\"a\",\"subscribers\":2,\"history\":{\"size\":5,\"lastMessageId\":\"E-5\"},\"complete\":true}");
        assertThat(client.channel("a").join().history()).isEqualTo(new ControlClient.History(5, "E-5"));

        answers(
                200,
                "{\"channel\":\"a\",\"subscribers\":0,\"history\":{\"size\":0,\"lastMessageId\":null},\"complete\":true}");
        assertThat(client.channel("a").join().history()).isEqualTo(new ControlClient.History(0, null));

        answers(200, "{\"channel\":\"a\",\"subscribers\":2,\"complete\":true}");
        assertThat(client.channel("a").join()).isEqualTo(new ControlClient.ChannelUse("a", 2, null, true));
    }

    @Test
    void deleteHistory_isDone_whenNothingIsAnswered() {
        answers(204, "");

        assertThat(client.deleteHistory("chat:a")).isCompleted();
        assertThat(requests.get(0).method()).isEqualTo("DELETE");
        assertThat(path()).isEqualTo("/channels/chat:a/history");
    }

    @Test
    void call_fails_withTheErrorOfTheNode() {
        answers(403, "{\"error\":{\"code\":\"PermissionDenied\",\"message\":\"the API key has no scope control\"}}");
        assertThat(failure(client.disconnect("a", null))).isInstanceOf(BroadcasterException.Denied.class);
        answers(503, "{\"error\":{\"code\":\"Internal\",\"message\":\"node is draining\"}}");
        assertThat(failure(client.user("a"))).isInstanceOf(BroadcasterException.Unavailable.class);
        answers(200, "{\"nodes\":1}");
        assertThat(failure(client.disconnect("a", null))).isInstanceOf(BroadcasterException.ProtocolViolation.class);
        answer = CompletableFuture.failedFuture(new IOException("reset"));
        assertThat(failure(client.channels("", null, 1))).isInstanceOf(BroadcasterException.Unavailable.class);
    }

    @Test
    void call_isNotSent_whenItsArgumentsAreMalformed() {
        for (CompletableFuture<?> call : List.of(
                client.disconnect("", null),
                client.revoke("\ud800", null),
                client.user(""),
                client.unsubscribe("a", "b::c", null),
                client.channel(":a"),
                client.deleteHistory("../a"))) {
            assertThat(failure(call)).isInstanceOf(BroadcasterException.Invalid.class);
        }
        assertThat(requests).isEmpty();
    }
}
