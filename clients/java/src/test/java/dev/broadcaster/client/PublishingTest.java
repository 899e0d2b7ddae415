package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PublishingTest {
    private static final String ACCEPTED = "{\"id\":\"E-1\",\"createTime\":\"2026-11-30T00:00:00Z\"}";

    private final Scene scene = new Scene();

    private CompletableFuture<PublishResult> publish(PublishOptions options) {
        return scene.client.publish("chat", "e", Json.of("{\"n\":1.0}"), options);
    }

    private static Throwable failure(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, error) -> error).join();
    }

    @Test
    void publish_sendsThePayloadAsItIs_andCompletes() {
        var socket = scene.connected();
        var result = publish(PublishOptions.defaults());
        JsonObject request = socket.take("publish");
        assertThat(request.object("params").json("payload")).isEqualTo("{\"n\":1.0}");
        assertThat(request.object("params").string("idempotencyKey")).isNotEmpty();
        socket.reply(request, ACCEPTED);
        assertThat(result.join().id()).isEqualTo("E-1");
        assertThat(scene.clock.timers()).isEqualTo(3); // silence, refresh, replies
    }

    @Test
    void publish_isUnknown_onceAnAttemptWas() {
        var socket = scene.connected();
        var result = publish(PublishOptions.defaults().timeout(Duration.ofSeconds(3)));
        JsonObject request = socket.take("publish");
        socket.refuse(request, "Internal", "outcome unknown: no answer");
        for (int i = 0; i < 30 && !result.isDone(); i++) {
            scene.clock.advance(100);
            if (!socket.sent.isEmpty()) {
                JsonObject again = socket.take("publish");
                assertThat(again.object("params").string("idempotencyKey"))
                        .isEqualTo(request.object("params").string("idempotencyKey"));
                socket.refuse(again, "Internal", "not published: the relay is away");
            }
        }
        assertThat(failure(result)).isInstanceOfSatisfying(BroadcasterException.OutcomeUnknown.class, error -> {
            assertThat(error.retryable()).isTrue();
            assertThat(error.idempotencyKey())
                    .isEqualTo(request.object("params").string("idempotencyKey"));
        });
    }

    @Test
    void publish_isUnknown_whenALaterAttemptIsRefused() {
        var socket = scene.connected();
        var result = publish(PublishOptions.defaults());
        socket.take("publish");
        socket = scene.reconnected();
        socket.refuse(socket.take("publish"), "PermissionDenied", "no");
        assertThat(failure(result))
                .isInstanceOf(BroadcasterException.OutcomeUnknown.class)
                .hasCauseInstanceOf(BroadcasterException.Denied.class);
    }

    @Test
    void publish_isUnknown_whenItsReplyIsMalformed() {
        var socket = scene.connected();
        var result = publish(PublishOptions.defaults().withoutRetry());
        socket.reply(socket.take("publish"), "{\"id\":7}");
        assertThat(failure(result)).isInstanceOf(BroadcasterException.OutcomeUnknown.class);
        assertThat(scene.errors).singleElement().isInstanceOf(BroadcasterException.ProtocolViolation.class);
        assertThat(scene.state().state()).isEqualTo(State.WAITING);
    }

    @Test
    void publish_isUnknown_whenTheNodeKnowsNoKeys() {
        scene.client.connect();
        scene.socket().accept("{}");
        var result = publish(PublishOptions.defaults());
        assertThat(scene.socket().take("publish").object("params").has("idempotencyKey"))
                .isFalse();
        scene.socket().listener.onClose(1006, "");
        assertThat(failure(result)).isInstanceOfSatisfying(BroadcasterException.OutcomeUnknown.class, error -> {
            assertThat(error.retryable()).isFalse();
            assertThat(error.idempotencyKey()).isNull();
        });
    }

    @Test
    void publish_isRefusedHere_whenItsNamesAreMalformed() {
        var socket = scene.connected();
        var payload = Json.of("1");
        var options = PublishOptions.defaults();
        assertThat(failure(scene.client.publish("a::b", "e", payload)))
                .isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(scene.client.publish("a", "", payload))).isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(failure(scene.client.publish("a", "e".repeat(257), payload)))
                .isInstanceOf(BroadcasterException.Invalid.class);
        for (String key : new String[] {"", "k".repeat(129), "a\nb", "ä"}) {
            assertThat(failure(publish(options.idempotencyKey(key)))).isInstanceOf(BroadcasterException.Invalid.class);
        }
        assertThat(socket.sent).isEmpty();
    }

    @Test
    void publish_isRefusedHere_whenItIsTooLarge_toTheByte() {
        var socket = scene.connected();
        var options = PublishOptions.defaults().idempotencyKey("k");
        int envelope =
                "{\"id\":2,\"method\":\"publish\",\"params\":{\"channel\":\"chat\",\"event\":\"e\",\"payload\":,\"idempotencyKey\":\"k\"}}"
                        .length();
        var fits = scene.client.publish("chat", "e", Json.string("x".repeat(65_536 - envelope - 2)), options);
        assertThat(socket.sent.get(0)).hasSize(65_536);
        socket.reply(socket.take("publish"), ACCEPTED);
        assertThat(fits).isCompleted();
        var tooLarge = scene.client.publish("chat", "e", Json.string("é".repeat(32_768)), options);
        assertThat(failure(tooLarge)).isInstanceOf(BroadcasterException.LimitReached.class);
        assertThat(socket.sent).isEmpty();
    }

    @Test
    void publish_isNotPublished_whenNobodyConnects() {
        var result = publish(PublishOptions.defaults().timeout(Duration.ofSeconds(1)));
        scene.clock.advance(1000);
        assertThat(failure(result))
                .isInstanceOf(BroadcasterException.NotPublished.class)
                .hasMessage("not connected");
        assertThat(scene.clock.timers()).isZero();
    }

    @Test
    void publish_isNotSent_whenTheSocketTakesNoMore() {
        scene.connected().waiting = 2_000_000;
        var result = publish(PublishOptions.defaults().timeout(Duration.ofSeconds(1)));
        scene.clock.advance(1000);
        assertThat(failure(result))
                .isInstanceOf(BroadcasterException.NotPublished.class)
                .hasMessageContaining("not sent");
    }

    @Test
    void publish_thatIsCancelled_isNotSent() {
        var result = publish(PublishOptions.defaults());
        result.cancel(false);
        assertThat(scene.clock.timers()).isZero();
        assertThat(scene.connected().sent).isEmpty();
    }

    @Test
    void publish_waits_whileTheSocketDoesNotTakeMore() {
        var socket = scene.connected();
        socket.waiting = 2_000_000;
        var unused = publish(PublishOptions.defaults());
        assertThat(socket.sent).isEmpty();
        socket.waiting = 0;
        scene.clock.advance(50);
        socket.take("publish");
    }

    @Test
    void future_completesBeforeTheOwnMessage_andMayBeWaitedForInACallback() {
        var order = new ArrayList<String>();
        var socket = scene.connected();
        scene.client.subscribe("chat", new ChannelListener() {
            @Override
            public void onMessage(Message message) {
                order.add("message " + message.seq());
                if (message.seq() == 1) {
                    var inner = publish(PublishOptions.defaults());
                    socket.reply(socket.take("publish"), ACCEPTED);
                    assertThat(inner.isDone()).isFalse();
                    order.add("waited " + inner.thenApply(PublishResult::id).join());
                }
            }
        });
        socket.live("E-0");
        var unused = publish(PublishOptions.defaults()).thenAccept(result -> order.add("published"));
        socket.reply(socket.take("publish"), ACCEPTED);
        socket.broadcast("chat", 1, "1");
        assertThat(order).containsExactly("published", "message 1", "waited E-1");
        assertThat(scene.errors).isEmpty();
    }

    @Test
    void payload_isRefused_whenItIsNoJson() {
        assertThatThrownBy(() -> Json.of("{")).isInstanceOf(BroadcasterException.Invalid.class);
    }

    @Test
    void timeout_mayBeForEver() {
        var result = publish(PublishOptions.defaults().timeout(ChronoUnit.FOREVER.getDuration()));
        scene.clock.advance(3_600_000);
        assertThat(result).isNotDone();
        scene.connected().take("publish");
    }
}
