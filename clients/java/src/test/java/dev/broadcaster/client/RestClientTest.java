package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class RestClientTest {
    private static final String ACCEPTED = "{\"id\":\"E-1\",\"createTime\":\"2026-11-30T00:00:00Z\"}";
    private static final String AWAY =
            "{\"error\":{\"code\":\"Internal\",\"message\":\"not published: the relay is away\"}}";
    private static final String UNKNOWN =
            "{\"error\":{\"code\":\"Internal\",\"message\":\"outcome unknown: no answer\"}}";

    private final ManualClock clock = new ManualClock(1);
    private final List<HttpRequest> requests = new ArrayList<>();

    /** A client whose attempts are answered by their number, from 0. */
    private RestClient client(Function<Integer, CompletableFuture<RestCall.Answer>> answers) {
        return new RestClient(URI.create("http://gateway/broadcaster/"), "key", clock, request -> {
            requests.add(request);
            return answers.apply(requests.size() - 1);
        });
    }

    private static CompletableFuture<RestCall.Answer> answer(int status, String body) {
        return CompletableFuture.completedFuture(new RestCall.Answer(status, body, 0));
    }

    private static CompletableFuture<RestCall.Answer> failed(Throwable error) {
        return CompletableFuture.failedFuture(error);
    }

    private CompletableFuture<PublishResult> publish(RestClient client) {
        return client.publish("chat", "e", Json.of("1.0"));
    }

    private static Throwable failure(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, error) -> error).join();
    }

    private static String key(HttpRequest request) {
        return request.headers().firstValue("Idempotency-Key").orElseThrow();
    }

    @Test
    void publish_isRepeated_underOneKey_whileItIsNotPublished() {
        var result = publish(client(n -> n < 2 ? answer(503, AWAY) : answer(200, ACCEPTED)));
        clock.advance(600);
        assertThat(result.join().id()).isEqualTo("E-1");
        assertThat(requests).extracting(RestClientTest::key).hasSize(3).containsOnly(key(requests.get(0)));
        assertThat(requests.get(0).uri()).hasToString("http://gateway/broadcaster/publish");
        assertThat(requests.get(0).headers().firstValue("Authorization")).contains("Bearer key");
    }

    @Test
    void publish_isRepeated_whenNothingWasSent() {
        for (var error : List.of(
                new ConnectException("refused"),
                new HttpConnectTimeoutException("late"),
                new SSLHandshakeException("untrusted").initCause(new CertificateException("untrusted")))) {
            requests.clear();
            var result = publish(client(n -> n == 0 ? failed(error) : answer(200, ACCEPTED)));
            clock.advance(200);
            assertThat(result).isCompleted();
            assertThat(requests).hasSize(2);
        }
    }

    @Test
    void publish_isNotPublished_andNamesTheCause_whenNothingWasSent() {
        var refused = new ConnectException("refused");
        var result = publish(client(n -> failed(refused)));
        clock.advance(60_000);
        assertThat(failure(result))
                .isInstanceOf(BroadcasterException.NotPublished.class)
                .hasMessage("not published: ConnectException: refused")
                .hasCause(refused);
    }

    @Test
    void publish_isNotRepeated_whenItsOutcomeIsUnknown() {
        for (var unknown : List.of(
                answer(503, UNKNOWN),
                answer(500, "<html>"),
                answer(200, "{}"),
                answer(200, "<html>"),
                failed(new SSLHandshakeException("Received fatal alert: bad_certificate")),
                failed(new IOException(new ConnectException("an earlier attempt may have been sent"))),
                failed(new IOException("reset")))) {
            requests.clear();
            var result = publish(client(n -> unknown));
            assertThat(failure(result)).isInstanceOfSatisfying(BroadcasterException.OutcomeUnknown.class, error -> {
                assertThat(error.retryable()).isTrue();
                assertThat(error.idempotencyKey()).isEqualTo(key(requests.get(0)));
            });
            clock.advance(60_000);
            assertThat(requests).hasSize(1);
        }
    }

    @Test
    void publish_isNotRepeated_whenItIsRefused() {
        record Refusal(int status, String code, Class<?> error) {}
        for (var refusal : List.of(
                new Refusal(400, "InvalidArgument", BroadcasterException.Invalid.class),
                new Refusal(401, "Unauthenticated", BroadcasterException.Unauthorized.class),
                new Refusal(403, "PermissionDenied", BroadcasterException.Denied.class),
                new Refusal(409, "AlreadyExists", BroadcasterException.Invalid.class),
                new Refusal(413, "InvalidArgument", BroadcasterException.LimitReached.class),
                new Refusal(429, "FailedPrecondition", BroadcasterException.LimitReached.class))) {
            requests.clear();
            String body = "{\"error\":{\"code\":\"" + refusal.code + "\",\"message\":\"no\"}}";
            assertThat(failure(publish(client(n -> answer(refusal.status, body)))))
                    .isInstanceOf(refusal.error)
                    .extracting(error -> ((BroadcasterException) error).refusal())
                    .isEqualTo(new BroadcasterException.Refusal(refusal.status, refusal.code, "no"));
            assertThat(requests).hasSize(1);
        }
    }

    @Test
    void publish_isNotPublished_whenTheTimeIsOver() {
        var result = client(n -> answer(503, AWAY))
                .publish("chat", "e", Json.of("1"), PublishOptions.defaults().timeout(Duration.ofSeconds(2)));
        clock.advance(2_000);
        assertThat(failure(result)).isInstanceOf(BroadcasterException.NotPublished.class);
        assertThat(requests.size()).isGreaterThan(2);
        assertThat(clock.timers()).isZero();
    }

    @Test
    void publish_waitsAsLongAsTheNodeSays() {
        var client = client(n -> n == 0
                ? CompletableFuture.completedFuture(new RestCall.Answer(503, AWAY, 3000))
                : answer(200, ACCEPTED));
        var result = publish(client);
        clock.advance(2999);
        assertThat(result).isNotDone();
        clock.advance(1);
        assertThat(result).isCompleted();
    }

    @Test
    void batch_hasAResultPerMessage_andRepeatsWhatWasNotPublished() {
        String partly = "{\"results\":[" + ACCEPTED + "," + AWAY + ","
                + "{\"error\":{\"code\":\"InvalidArgument\",\"message\":\"no\"}}]}";
        String then = partly.replace(AWAY, ACCEPTED);
        var draft = new Draft("chat", "e", Json.of("1"));
        var result = client(n -> answer(200, n == 0 ? partly : then))
                .publishBatch(List.of(draft, draft, draft), PublishOptions.defaults());
        clock.advance(200);
        assertThat(result.join())
                .extracting(each -> each.error() == null ? "ok" : each.error().code())
                .containsExactly("ok", "ok", "Invalid");
        assertThat(requests).extracting(RestClientTest::key).hasSize(2).containsOnly(key(requests.get(0)));
        var tooFew = client(n -> answer(200, then)).publishBatch(List.of(draft), PublishOptions.defaults());
        assertThat(failure(tooFew)).isInstanceOf(BroadcasterException.OutcomeUnknown.class);
    }

    @Test
    void arguments_areChecked_beforeAnythingIsSent() {
        var client = client(n -> answer(200, ACCEPTED));
        var defaults = PublishOptions.defaults();
        assertThat(failure(client.publish("a::b", "e", Json.of("1")))).isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(client.publish("a", "", Json.of("1")))).isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(client.publish("a", "e", Json.of("1"), defaults.idempotencyKey("a\nb"))))
                .isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(client.publish("a", "e", Json.of("1"), defaults.idempotencyKey(" a"))))
                .isInstanceOf(BroadcasterException.Invalid.class);
        var draft = new Draft("chat", "e", Json.of("1"));
        assertThat(failure(client.publishBatch(java.util.Collections.nCopies(1001, draft), defaults)))
                .isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(client.history("a::b", null, 1))).isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(requests).isEmpty();
        assertThatThrownBy(() -> RestClient.create(URI.create("ws://gateway"), "key"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void history_isRead() {
        String body =
                "{\"historyRecovered\":true,\"messages\":[{\"id\":\"E-2\",\"createTime\":\"2026-11-30T00:00:00Z\",\"channel\":"
                        + "\"chat\",\"event\":\"e\",\"payload\":1.0}],\"more\":true}";
        HistoryPage page =
                client(n -> answer(200, body)).history("chat:a", "E-1", 1).join();
        assertThat(page.recovered()).isTrue();
        assertThat(page.more()).isTrue();
        assertThat(page.messages())
                .singleElement()
                .satisfies(message -> assertThat(message.json()).isEqualTo("1.0"));
        assertThat(requests.get(0).uri())
                .hasToString("http://gateway/broadcaster/channels/chat:a/history?limit=1&after=E-1");
    }

    @Test
    void publish_goesOverHttp() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var bodies = new ArrayList<String>();
        server.createContext("/broadcaster/publish", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] body = ACCEPTED.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            var client = RestClient.create(
                    URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/broadcaster"), "key");
            assertThat(client.publish("chat", "é", Json.of("1.0"))
                            .get(30, TimeUnit.SECONDS)
                            .id())
                    .isEqualTo("E-1");
            assertThat(bodies).containsExactly("{\"channel\":\"chat\",\"event\":\"é\",\"payload\":1.0}");
        } finally {
            server.stop(0);
        }
    }
}
