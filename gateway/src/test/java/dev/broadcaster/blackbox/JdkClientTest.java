package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Tokens;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A foreign client, {@code java.net.http.WebSocket}, agrees with the node on every frame. */
@Tag("black-box")
final class JdkClientTest {

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    private static final class Received implements WebSocket.Listener {

        final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
        final BlockingQueue<String> pongs = new LinkedBlockingQueue<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final CompletableFuture<String> reason = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                messages.add(text.toString());
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
            pongs.add(StandardCharsets.UTF_8.decode(payload).toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String why) {
            closed.complete(code);
            reason.complete(why);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
            reason.completeExceptionally(error);
        }

        Json next() throws InterruptedException {
            String message = messages.poll(10, TimeUnit.SECONDS);
            assertThat(message).as("a message").isNotNull();
            return Json.parse(message);
        }
    }

    private static WebSocket connect(Received received) {
        return HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .subprotocols("something")
                .buildAsync(URI.create("ws://127.0.0.1:" + gateway.port() + TestGateway.BASE + "/websocket"), received)
                .join();
    }

    @Test
    void jdkClient_livesAWholeLife() throws Exception {
        Received received = new Received();
        WebSocket socket = connect(received);
        assertThat(socket.getSubprotocol()).isEmpty();

        socket.sendText("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}", true)
                .join();
        assertThat(received.next().get("result").get("success").kind()).isEqualTo(Json.Kind.TRUE);
        socket.sendText("{\"id\":2,\"method\":\"subscribe\",", false).join();
        socket.sendText("\"params\":{\"channel\"", false).join();
        socket.sendText(":\"jdk\"}}", true).join();
        assertThat(received.next().get("requestId").number()).isEqualTo(2);

        socket.sendPing(ByteBuffer.wrap("are you there?".getBytes(StandardCharsets.UTF_8)))
                .join();
        assertThat(received.pongs.poll(10, TimeUnit.SECONDS)).isEqualTo("are you there?");
        socket.sendPong(ByteBuffer.wrap(new byte[] {1, 2, 3})).join();

        byte[] publish = WsClient.request(3, "publish", WsClient.publishParams("jdk", "e", "\"\ud83d\ude00\""))
                .getBytes(StandardCharsets.UTF_8);
        socket.sendBinary(ByteBuffer.wrap(publish, 0, 20), false).join();
        socket.sendBinary(ByteBuffer.wrap(publish, 20, publish.length - 20), true)
                .join();
        assertThat(received.next().get("requestId").number()).isEqualTo(3);
        assertThat(received.next().get("params").get("payload").raw()).isEqualTo("\"\ud83d\ude00\"");

        String big = "\"" + "é".repeat(30_000) + "\"";
        gateway.publish("jdk", "e", big);
        Json broadcast = received.next().get("params");
        assertThat(broadcast.get("seq").number()).isEqualTo(2);
        assertThat(broadcast.get("payload").raw()).isEqualTo(big);

        socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").join();
        assertThat(received.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    }

    /**
     * The claim of docs/migrating.md: a client of the original server works without a change. It numbers its requests,
     * sends {@code "lastSeenMessageId": ""} with every subscribe, and reads nothing but the fields of the core protocol.
     */
    @Test
    void clientOfTheOriginalServer_worksWithoutAChange() throws Exception {
        Received received = new Received();
        WebSocket socket = connect(received);

        send(socket, "{\"id\":1,\"method\":\"unsubscribe\",\"params\":{\"channel\":\"old\"}}");
        assertThat(received.next().get("error").get("code").text()).isEqualTo("Unauthenticated");
        send(socket, "{\"id\":2,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}");
        assertThat(received.next().raw()).isEqualTo("{\"requestId\":2,\"result\":{\"success\":true}}");

        send(socket, "{\"id\":3,\"method\":\"subscribe\",\"params\":{\"channel\":\"old\",\"lastSeenMessageId\":\"\"}}");
        Json subscribed = received.next();
        assertThat(subscribed.get("requestId").number()).isEqualTo(3);
        assertThat(subscribed.get("result").get("subscriptionId").text()).isNotEmpty();
        WsClient.assertRfc3339Utc(subscribed.get("result").get("timestamp").text());
        assertThat(subscribed.raw()).doesNotContain("historyRecovered");

        gateway.publish("old", "from-server", "{\"text\":\"hello\"}");
        Json broadcast = received.next();
        assertThat(broadcast.get("method").text()).isEqualTo("broadcast");
        assertThat(broadcast.get("params").get("channel").text()).isEqualTo("old");
        assertThat(broadcast.get("params").get("event").text()).isEqualTo("from-server");
        assertThat(broadcast.get("params").get("payload").get("text").text()).isEqualTo("hello");

        send(
                socket,
                "{\"id\":4,\"method\":\"publish\",\"params\":{\"channel\":\"old\",\"event\":\"from-client\",\"payload\":7}}");
        assertThat(received.next().get("result").get("id").text()).isNotEmpty();
        assertThat(received.next().get("params").get("payload").number()).isEqualTo(7);
        send(socket, "{\"id\":5,\"method\":\"heartbeat\"}");
        WsClient.assertRfc3339Utc(received.next().get("result").get("timestamp").text());
        send(socket, "{\"id\":6,\"method\":\"unsubscribe\",\"params\":{\"channel\":\"old\"}}");
        assertThat(received.next().raw()).isEqualTo("{\"requestId\":6,\"result\":{\"success\":true}}");
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        assertThat(received.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    }

    private static void send(WebSocket socket, String request) {
        socket.sendText(request, true).join();
    }

    @Test
    void jdkClient_isToldTheCodeAndTheReason_whenTheNodeCloses() throws Exception {
        Received received = new Received();
        WebSocket socket = connect(received);

        socket.sendText("nonsense", true).join();

        assertThat(received.closed.get(10, TimeUnit.SECONDS)).isEqualTo(4400);
        assertThat(received.reason.get(10, TimeUnit.SECONDS)).isNotBlank();
    }

    @Test
    void jdkClient_receivesEveryMessageInOrder() throws Exception {
        Received received = new Received();
        WebSocket socket = connect(received);
        socket.sendText("{\"id\":1,\"method\":\"auth\",\"params\":{\"token\":\"" + Tokens.valid() + "\"}}", true)
                .join();
        socket.sendText("{\"id\":2,\"method\":\"subscribe\",\"params\":{\"channel\":\"jdk\"}}", true)
                .join();
        received.next();
        received.next();
        HttpRaw http = gateway.http();

        for (int i = 1; i <= 500; i++) {
            http.send(TestGateway.publishRequest(WsClient.publishParams("jdk", "e", String.valueOf(i))));
        }

        for (int i = 1; i <= 500; i++) {
            Json params = received.next().get("params");
            assertThat(params.get("seq").number()).isEqualTo(i);
            assertThat(params.get("payload").number()).isEqualTo(i);
        }
        socket.abort();
    }
}
