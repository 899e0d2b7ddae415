package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SubscriptionsTest {
    private final Scene scene = new Scene();
    private final Seen seen = new Seen();

    private JsonObject params(FakeTransport.FakeSocket socket) {
        JsonObject request = socket.take("subscribe");
        socket.reply(request, "{\"lastMessageId\":\"E-0\"}");
        return request.object("params");
    }

    @Test
    void messages_areDelivered_andALossIsRecovered() {
        var socket = scene.connected();
        Handle handle = scene.client.subscribe("chat", seen);
        socket.live("E-0");
        socket.broadcast("chat", 1, "{\"a\":1.0}");
        assertThat(handle.position()).isEqualTo("E-1");
        socket = scene.reconnected();
        JsonObject request = socket.take("subscribe");
        assertThat(request.object("params").string("lastSeenMessageId")).isEqualTo("E-1");
        socket.reply(request, "{\"historyRecovered\":true,\"recoveredMessages\":1,\"lastMessageId\":\"E-2\"}");
        socket.broadcast("chat", 1, "2");
        socket.broadcast("chat", 2, "3");
        socket.broadcast("chat", 5, "6");
        assertThat(seen.lines)
                .containsExactly(
                        "live null null",
                        "message 1 {\"a\":1.0}",
                        "live true 1",
                        "message 1 2",
                        "caughtUp",
                        "message 2 3",
                        "gap HOLE 2",
                        "message 5 6");
    }

    @Test
    void message_hasTheFrameOfTheNode_withUnknownFields() {
        var socket = scene.connected();
        var messages = new ArrayList<Message>();
        scene.client.subscribe("chat", new ChannelListener() {
            @Override
            public void onMessage(Message message) {
                messages.add(message);
            }
        });
        socket.live("E-0");
        String frame =
                "{\"method\":\"broadcast\",\"new\":1,\"params\":{\"payload\":{ \"a\":1.0},\"new\":[ 2 ],\"id\":\"E-1\","
                        + "\"seq\":1,\"createTime\":\"2026-11-30T00:00:00Z\",\"channel\":\"chat\",\"event\":\"e\"}}";
        socket.text(frame);
        assertThat(messages).singleElement().satisfies(message -> {
            assertThat(message.raw()).isEqualTo(frame);
            assertThat(message.json()).isEqualTo("{ \"a\":1.0}");
        });
    }

    @Test
    void refusal_hasTheWordsOfTheNode() {
        var socket = scene.connected();
        var failed = new ArrayList<BroadcasterException>();
        var listener = new ChannelListener() {
            @Override
            public void onFailed(BroadcasterException error) {
                failed.add(error);
            }
        };
        scene.client.subscribe("chat", listener);
        scene.client.subscribe("other", listener);
        socket.refuse(socket.take("subscribe"), "FailedPrecondition", "too many");
        socket.refuse(socket.take("subscribe"), "Internal", "not subscribed: the relay is away");
        assertThat(failed)
                .extracting(BroadcasterException::refusal)
                .containsExactly(new BroadcasterException.Refusal(0, "FailedPrecondition", "too many"));
        assertThat(scene.errors)
                .extracting(error -> ((BroadcasterException) error).refusal())
                .containsExactly(new BroadcasterException.Refusal(0, "Internal", "not subscribed: the relay is away"));
    }

    @Test
    void channel_isRefusedHere_whenItIsMalformed() {
        scene.connected();
        Handle handle = scene.client.subscribe("x".repeat(100_000), seen);
        assertThat(handle.state()).isEqualTo(Handle.State.FAILED);
        assertThat(seen.lines).containsExactly("failed Invalid");
        assertThat(scene.socket().sent).isEmpty();
    }

    @Test
    void options_areRefused_whenOutOfRange() {
        var defaults = SubscribeOptions.defaults();
        assertThatThrownBy(() -> defaults.last(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> defaults.last(1001)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> defaults.since("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> defaults.since("x".repeat(129))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void last_ofAHandleThatIsGone_isNotAskedForAgain() {
        var socket = scene.connected();
        Handle first = scene.client.subscribe(
                "chat", seen, SubscribeOptions.defaults().last(500).priority());
        assertThat(params(socket).integer("last")).isEqualTo(500);
        first.close();
        scene.client.subscribe("chat", new Seen(), SubscribeOptions.defaults().last(5));
        socket = scene.reconnected();
        assertThat(params(socket).integer("last")).isEqualTo(5);
    }

    @Test
    void secondHandle_isToldAGap_whenItHasSeenOtherMessages() {
        var socket = scene.connected();
        scene.client.subscribe("chat", seen);
        socket.live("E-7");
        var last = new Seen();
        var since = new Seen();
        var same = new Seen();
        var plain = new Seen();
        scene.client.subscribe("chat", last, SubscribeOptions.defaults().last(5));
        scene.client.subscribe("chat", since, SubscribeOptions.defaults().since("E-3"));
        scene.client.subscribe("chat", same, SubscribeOptions.defaults().since("E-7"));
        scene.client.subscribe("chat", plain);
        assertThat(last.lines).containsExactly("live null null");
        assertThat(since.lines).containsExactly("live false null", "gap AWAY null");
        assertThat(same.lines).containsExactly("live null null");
        assertThat(plain.lines).containsExactly("live null null");
        assertThat(seen.lines).containsExactly("live null null");
    }

    @Test
    void since_ofASecondHandle_doesNotMoveTheFirst() {
        var socket = scene.connected();
        scene.client.subscribe("chat", seen);
        socket.live("E-7");
        socket.listener.onClose(1006, "");
        var late = new Seen();
        scene.client.subscribe("chat", late, SubscribeOptions.defaults().since("E-3"));
        scene.clock.advance(500);
        scene.socket().accept();
        JsonObject request = scene.socket().take("subscribe");
        assertThat(request.object("params").string("lastSeenMessageId")).isEqualTo("E-7");
        scene.socket().reply(request, "{\"historyRecovered\":true,\"recoveredMessages\":0,\"lastMessageId\":\"E-7\"}");
        assertThat(seen.lines).containsExactly("live null null", "live true 0", "caughtUp");
        assertThat(late.lines).containsExactly("live false 0", "gap AWAY null", "caughtUp");
    }

    @Test
    void handle_thatTakesOver_getsWhatItWants_byASubscriptionOfItsOwn() {
        var socket = scene.connected();
        scene.client.subscribe("chat", new Seen()).close();
        scene.client.subscribe("chat", seen, SubscribeOptions.defaults().last(2));
        socket.live("E-7"); // the answer to the first
        socket.broadcast("chat", 1, "8");
        socket.reply(socket.take("unsubscribe"), "{\"success\":true}");
        JsonObject request = socket.take("subscribe");
        assertThat(request.object("params").integer("last")).isEqualTo(2);
        assertThat(request.object("params").has("lastSeenMessageId")).isFalse();
        socket.reply(request, "{\"recoveredMessages\":2,\"lastMessageId\":\"E-8\"}");
        socket.broadcast("chat", 1, "7");
        socket.broadcast("chat", 2, "8");
        assertThat(seen.lines).containsExactly("live null 2", "message 1 7", "message 2 8", "caughtUp");
        assertThat(socket.sent).isEmpty();
    }

    @Test
    void wish_ofAHandleThatHasGone_isForgotten() {
        scene.client
                .subscribe(
                        "chat", new Seen(), SubscribeOptions.defaults().last(7).since("E-1"))
                .close();
        scene.client.subscribe("chat", seen);
        JsonObject params = params(scene.connected());
        assertThat(params.has("last")).isFalse();
        assertThat(params.has("lastSeenMessageId")).isFalse();
        assertThat(seen.lines).containsExactly("live null null");
    }

    @Test
    void alreadyExists_backsOff() {
        var socket = scene.connected();
        scene.client.subscribe("chat", seen);
        for (int i = 0; i < 5; i++) {
            socket.refuse(socket.take("subscribe"), "AlreadyExists", "already subscribed");
            socket.reply(socket.take("unsubscribe"), "{\"success\":true}");
            assertThat(socket.sent).isEmpty();
            scene.clock.advance(500L << i);
            socket.text("{\"method\":\"keepalive\"}");
        }
        socket.live("E-0");
        assertThat(seen.lines).containsExactly("live null null");
        assertThat(scene.errors).hasSize(5);
    }

    @Test
    void tokenForChannels_isAskedForAgain_whenTheProviderFails() {
        var fails = new ArrayList<Boolean>(List.of(false, true, true, false));
        var scene = new Scene(reason -> fails.remove(0)
                ? CompletableFuture.failedStage(new IllegalStateException("no network"))
                : CompletableFuture.completedStage("a.b.c" + reason.attempt()));
        var socket = scene.connected();
        scene.client.subscribe("chat", seen);
        socket.refuse(socket.take("subscribe"), "PermissionDenied", "no");
        scene.clock.advance(50 + 5000 + 5000);
        assertThat(scene.errors).hasSize(2);
        assertThat(scene.asked).last().extracting(TokenReason::channels).isEqualTo(List.of("chat"));
        socket.reply(socket.take("refresh"), "{\"success\":true,\"expiresIn\":3600000}");
        socket.live("E-0");
        assertThat(seen.lines).containsExactly("live null null");
    }

    @Test
    void channels_fail_whenTheProviderKeepsFailing_andIsNotAskedForEver() {
        var scene = new Scene(reason -> reason.channels().isEmpty()
                ? CompletableFuture.completedStage("a.b.c")
                : CompletableFuture.failedStage(new IllegalStateException("no network")));
        var socket = scene.connected();
        Handle handle = scene.client.subscribe("chat", seen);
        socket.refuse(socket.take("subscribe"), "PermissionDenied", "no");
        scene.clock.advance(30_000);
        assertThat(seen.lines).containsExactly("failed Denied");
        assertThat(handle.state()).isEqualTo(Handle.State.FAILED);
        assertThat(scene.asked).hasSize(1 + 4);
    }

    @Test
    void listener_thatThrows_isReportedOnce_andStopsNoOther() {
        var socket = scene.connected();
        Handle handle = scene.client.subscribe("chat", new ChannelListener() {
            @Override
            public void onMessage(Message message) {
                throw new StackOverflowError("oops");
            }
        });
        handle.addListener(seen);
        socket.live("E-0");
        socket.broadcast("chat", 1, "1");
        socket.broadcast("chat", 2, "2");
        assertThat(seen.lines).containsExactly("live null null", "message 1 1", "message 2 2");
        assertThat(scene.errors).hasSize(2);
        assertThat(scene.state().state()).isEqualTo(State.CONNECTED);
    }

    @Test
    void handle_getsNothing_afterClose() {
        var socket = scene.connected();
        Handle handle = scene.client.subscribe("chat", seen);
        socket.live("E-0");
        handle.close();
        socket.broadcast("chat", 1, "1");
        assertThat(seen.lines).containsExactly("live null null");
        assertThat(handle.state()).isEqualTo(Handle.State.CLOSED);
        scene.clock.advance(1000);
        socket.take("unsubscribe");
    }

    @Test
    void resync_comesBeforeMessages_andAgainAfterAFailure() {
        var runs = new ArrayList<CompletableFuture<Void>>();
        var socket = scene.connected();
        scene.client.subscribe("chat", seen, SubscribeOptions.defaults().resyncAsync(why -> {
            runs.add(new CompletableFuture<>());
            return runs.get(runs.size() - 1);
        }));
        socket.live("E-0");
        socket.broadcast("chat", 1, "1");
        runs.get(0).completeExceptionally(new IllegalStateException("no database"));
        assertThat(scene.errors).singleElement().satisfies(e -> assertThat(e).hasMessage("no database"));
        scene.clock.advance(500);
        assertThat(runs).hasSize(2);
        assertThat(seen.lines).containsExactly("live null null");
        runs.get(1).complete(null);
        assertThat(seen.lines).containsExactly("live null null", "message 1 1");
    }

    @Test
    void resync_isNotRetried_afterClose() {
        var runs = new ArrayList<Resync.Why>();
        var socket = scene.connected();
        Handle handle =
                scene.client.subscribe("chat", seen, SubscribeOptions.defaults().resyncAsync(why -> {
                    runs.add(why);
                    return CompletableFuture.failedStage(new IllegalStateException("no database"));
                }));
        socket.live("E-0");
        handle.close();
        scene.client.disconnect();
        scene.clock.advance(60_000);
        assertThat(runs).hasSize(1);
        assertThat(scene.clock.timers()).isZero();
    }

    @Test
    void resync_beginsAnew_whenTheClientConnectsAgain() {
        var runs = new ArrayList<Resync.Why>();
        var socket = scene.connected();
        var last = new CompletableFuture<Void>();
        scene.client.subscribe("chat", seen, SubscribeOptions.defaults().resyncAsync(why -> {
            runs.add(why);
            return runs.size() == 1 ? new CompletableFuture<>() : last;
        }));
        socket.live("E-0");
        socket.broadcast("chat", 1, "1");
        scene.client.disconnect();
        assertThat(scene.clock.timers()).isZero();
        socket = scene.connected();
        socket.reply(socket.take("subscribe"), "{\"historyRecovered\":true,\"recoveredMessages\":0}");
        assertThat(runs).hasSize(2);
        assertThat(seen.lines).containsExactly("live null null", "live true 0", "caughtUp");
        last.complete(null);
        assertThat(seen.lines).last().isEqualTo("message 1 1");
    }

    @Test
    void resync_thatBlocks_isInterrupted_whenTheHandleIsClosed() throws Exception {
        var started = new java.util.concurrent.CountDownLatch(1);
        var interrupted = new java.util.concurrent.CountDownLatch(1);
        var threads = java.util.concurrent.Executors.newCachedThreadPool();
        try {
            var scene = new Scene(threads, reason -> CompletableFuture.completedStage("a.b.c"));
            scene.client.connect();
            // The provider runs on a thread.
            while (scene.transport.sockets.isEmpty()) {
                Thread.onSpinWait();
            }
            scene.socket().accept();
            Handle handle = scene.client.subscribe(
                    "chat", seen, SubscribeOptions.defaults().resync(why -> {
                        started.countDown();
                        try {
                            new java.util.concurrent.CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.countDown();
                            throw e;
                        }
                    }));
            scene.socket().live("E-0");
            started.await();
            handle.close();
            interrupted.await();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void channels_areSubscribedTogether_withPublishesBehindTheFirst() {
        for (int i = 0; i < 1000; i++) {
            scene.client.subscribe("chat:" + i, seen);
        }
        var unused = scene.client.publish("chat:1", "e", Json.of("1"));
        var first = scene.connected();
        assertThat(methods(first)).startsWith("subscribe").endsWith("subscribe").hasSize(1001);
        assertThat(methods(first).indexOf("publish")).isBetween(32, 300);
        var second = scene.reconnected();
        assertThat(methods(second)).hasSize(1001);
        assertThat(methods(second).indexOf("publish")).isBetween(32, 300);
    }

    @Test
    void channels_areSubscribedInWindows_whenTheNodeHandlesOneByOne() {
        for (int i = 0; i < 100; i++) {
            scene.client.subscribe("chat:" + i, seen);
        }
        scene.client.connect();
        scene.socket().accept("{}");
        assertThat(methods(scene.socket())).hasSize(32);
        scene.socket().reply(scene.socket().take("subscribe"), "{}");
        assertThat(methods(scene.socket())).hasSize(32);
    }

    private static List<String> methods(FakeTransport.FakeSocket socket) {
        return socket.sent.stream()
                .map(text -> JsonObject.parse(text).string("method"))
                .toList();
    }

    @Test
    void resync_thatReturnsNoStage_isReported_andTriedAgain() {
        var runs = new ArrayList<Resync.Why>();
        var socket = scene.connected();
        scene.client.subscribe("chat", seen, SubscribeOptions.defaults().resyncAsync(why -> {
            runs.add(why);
            return runs.size() == 1 ? null : CompletableFuture.completedStage(null);
        }));
        socket.live("E-0");
        socket.broadcast("chat", 1, "1");
        assertThat(scene.errors).singleElement().isInstanceOf(NullPointerException.class);
        scene.clock.advance(500);
        assertThat(seen.lines).contains("message 1 1");
    }
}
