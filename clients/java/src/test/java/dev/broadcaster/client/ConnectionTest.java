package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTest {
    private final Scene scene = new Scene();

    @Test
    void connect_authenticates_andSaysWhatItIs() {
        scene.client.connect();
        scene.socket().listener.onOpen();
        JsonObject auth = scene.socket().take("auth");
        assertThat(auth.object("params").string("token")).isEqualTo("a.b.c1");
        assertThat(auth.object("params").object("hello").string("client")).isEqualTo(Version.CLIENT);
        assertThat(auth.object("params").object("hello").strings("want")).containsExactly("keepalive");
        scene.socket().reply(auth, "{\"success\":true}");
        assertThat(scene.states)
                .extracting(StateEvent::state)
                .containsExactly(State.CONNECTING, State.AUTHENTICATING, State.CONNECTED);
    }

    @Test
    void closeAsync_completes_whenTheSocketIsReleased() {
        var socket = scene.connected();
        CompletableFuture<Void> closed = scene.client.closeAsync();
        assertThat(socket.closedWith).isEqualTo(1000);
        assertThat(closed).isNotDone();
        socket.released.complete(null);
        assertThat(closed).isCompleted();
        assertThat(scene.client.closeAsync()).isCompleted();
    }

    @Test
    void closeAsync_completes_withoutASocket() {
        assertThat(scene.client.closeAsync()).isCompleted();
    }

    @Test
    void uri_isRefused_whenItIsNoWebSocket() {
        assertThatThrownBy(() -> BroadcasterClient.builder(URI.create("http://gateway/")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> BroadcasterClient.builder(URI.create("ws:gateway")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        BroadcasterClient.builder(URI.create("ws://gateway/")).build())
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void auth_backsOff_whenItIsRefusedForAnUnknownReason() {
        scene.client.connect();
        scene.socket().listener.onOpen();
        scene.socket().refuse(scene.socket().take("auth"), "Internal", "later");
        assertThat(scene.state().state()).isEqualTo(State.WAITING);
        assertThat(scene.errors).singleElement().isInstanceOf(BroadcasterException.Unavailable.class);
        scene.clock.advance(500);
        assertThat(scene.transport.sockets).hasSize(2);
        assertThat(scene.asked).hasSize(1);
    }

    @Test
    void token_isAskedForAgain_whenItHasNoFormOfAToken() {
        var pages = new Scene(reason -> CompletableFuture.completedStage(reason.attempt() < 3 ? "<html>" : "a.b.c"));
        pages.client.connect();
        assertThat(pages.errors).singleElement().isInstanceOf(BroadcasterException.Invalid.class);
        assertThat(pages.errors.get(0)).hasMessageNotContaining("<html>");
        assertThat(pages.transport.sockets).isEmpty();
        pages.clock.advance(1500);
        pages.socket().accept();
        assertThat(pages.state().state()).isEqualTo(State.CONNECTED);
    }

    @Test
    void client_stops_whenTheRejectedTokenComesAgain() {
        var same = new Scene(reason -> CompletableFuture.completedStage("a.b.c"));
        same.client.connect();
        same.socket().listener.onOpen();
        same.socket().refuse(same.socket().take("auth"), "Unauthenticated", "exp: in the past");
        assertThat(same.state().state()).isEqualTo(State.STOPPED);
        assertThat(same.state().error()).hasMessageContaining("again");
        assertThat(same.clock.timers()).isZero();
    }

    @Test
    void fixedToken_thatIsNone_stopsTheClient() {
        scene.client.setToken("secret");
        scene.client.connect();
        assertThat(scene.state().state()).isEqualTo(State.STOPPED);
        assertThat(scene.state().error())
                .isInstanceOf(BroadcasterException.Unauthorized.class)
                .hasMessageNotContaining("secret");
    }

    @Test
    void ready_fails_whenTheClientHasStopped() {
        scene.connected();
        scene.socket().listener.onClose(4403, "revoked");
        assertThat(scene.state().state()).isEqualTo(State.STOPPED);
        assertThat(scene.client.ready()).isCompletedExceptionally();
        assertThat(scene.client.subscribe("chat", new ChannelListener() {}).ready())
                .isCompletedExceptionally();
        assertThat(scene.client.publish("chat", "e", Json.of("1"))).isCompletedExceptionally();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"requestId\":1}",
                "{\"requestId\":1,\"result\":7}",
                "{\"requestId\":1,\"error\":\"no\"}",
                "{\"requestId\":1,\"error\":{\"message\":\"no code\"}}",
                "{\"requestId\":1,\"result\":{\"hello\":[]}}",
                "{\"requestId\":1,\"result\":{\"hello\":{\"expiresIn\":\"soon\"}}}",
                "{\"requestId\":1,\"result\":{\"hello\":{\"features\":{}}}}",
                "{\"method\":7}",
                "{\"method\":\"broadcast\"}",
                "{\"method\":\"broadcast\",\"params\":{}}",
                "[]",
                "{\"requestId\":1",
                ""
            })
    void reply_thatIsMalformed_isReported_andTheClientComesBack(String frame) {
        scene.client.connect();
        scene.socket().listener.onOpen();
        scene.socket().text(frame);
        assertThat(scene.errors).singleElement().isInstanceOf(BroadcasterException.ProtocolViolation.class);
        assertThat(scene.state().state()).isEqualTo(State.WAITING);
        assertThat(scene.socket().closedWith).isEqualTo(4000);
        scene.clock.advance(500);
        scene.socket().accept();
        assertThat(scene.state().state()).isEqualTo(State.CONNECTED);
    }

    @Test
    void retryAfter_hasACeiling() {
        scene.client.connect();
        scene.socket().listener.onRefused(503, Duration.ofDays(30).toMillis());
        assertThat(scene.state().retryIn()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(120));
        assertThat(scene.errors).singleElement().isInstanceOf(BroadcasterException.Unavailable.class);
    }

    @Test
    void gateway_thatCannotBeReached_isVisible() {
        scene.client.connect();
        scene.socket().listener.onClose(1006, "ConnectException");
        assertThat(scene.state().error())
                .isInstanceOf(BroadcasterException.Unavailable.class)
                .hasMessageContaining("ConnectException");
        assertThat(scene.state().retryIn()).isNotNull();
        for (int i = 0; i < 5; i++) {
            scene.clock.advance(20_000);
            scene.socket().listener.onClose(1006, "ConnectException");
        }
        assertThat(scene.errors).singleElement().isInstanceOf(BroadcasterException.Unavailable.class);
    }

    @Test
    void token_thatHasEndedButForTheLeeway_isNotAskedForWithoutAPause() {
        scene.client.connect();
        scene.socket().accept("{\"expiresIn\":0}");
        assertThat(scene.asked).hasSize(1);
        scene.clock.advance(999);
        assertThat(scene.asked).hasSize(1);
        scene.clock.advance(1);
        assertThat(scene.asked).hasSize(2);
        scene.socket().reply(scene.socket().take("refresh"), "{\"success\":true,\"expiresIn\":0}");
        assertThat(scene.asked).hasSize(2);
    }

    @Test
    void client_stops_whenTheTokenThatHasEndedComesAgain() {
        var same = new Scene(reason -> CompletableFuture.completedStage("a.b.c"));
        same.client.connect();
        same.socket().accept("{\"expiresIn\":0}");
        same.clock.advance(1000);
        assertThat(same.state().state()).isEqualTo(State.STOPPED);
        assertThat(same.state().error()).hasMessageContaining("again");
    }

    @Test
    void whiteSpaceAroundAToken_doesNotCount() {
        var spaced = new Scene(reason -> CompletableFuture.completedStage(" a.b.c\r\n"));
        spaced.client.connect();
        spaced.socket().listener.onOpen();
        assertThat(spaced.socket().take("auth").object("params").string("token"))
                .isEqualTo("a.b.c");
    }

    @Test
    void request_thatIsNeverAnswered_endsTheConnection() {
        scene.connected();
        scene.client.subscribe("chat", new ChannelListener() {});
        for (int i = 0; i < 2; i++) {
            scene.clock.advance(14_000);
            scene.socket().text("{\"method\":\"keepalive\"}");
        }
        assertThat(scene.state().state()).isEqualTo(State.CONNECTED);
        scene.clock.advance(2_001);
        assertThat(scene.state().state()).isEqualTo(State.WAITING);
        assertThat(scene.state().reason()).contains("does not answer");
    }

    @Test
    void requests_thatAreAnsweredSlowlyInTurn_keepTheConnection() {
        scene.connected();
        for (int i = 0; i < 6; i++) {
            scene.client.subscribe("chat:" + i, new ChannelListener() {});
        }
        for (int i = 0; i < 6; i++) {
            scene.clock.advance(20_000);
            scene.socket().live("E-0");
        }
        assertThat(scene.state().state()).isEqualTo(State.CONNECTED);
    }

    @Test
    void close_isFinal_andLeavesNothing() {
        scene.connected();
        var handle = scene.client.subscribe("chat", new ChannelListener() {});
        var ready = handle.ready();
        var publish = scene.client.publish("chat", "e", Json.of("1"));
        scene.client.close();
        scene.client.close();
        assertThat(scene.state().state()).isEqualTo(State.CLOSED);
        assertThat(ready).isCompletedExceptionally();
        assertThat(publish).isCompletedExceptionally();
        assertThat(scene.clock.timers()).isZero();
        assertThat(scene.socket().closedWith).isEqualTo(1000);
        assertThatThrownBy(scene.client::connect).isInstanceOf(IllegalStateException.class);
        assertThat(scene.states).extracting(StateEvent::state).containsOnlyOnce(State.CLOSED);
    }

    @Test
    void listener_thatThrows_neverLoops_andStopsNoOther() {
        var seen = new java.util.ArrayList<State>();
        scene.client.addListener(new ClientListener() {
            @Override
            public void onState(StateEvent event) {
                throw new IllegalStateException("state");
            }

            @Override
            public void onError(Throwable error) {
                throw new IllegalStateException("error");
            }
        });
        scene.client.addListener(new ClientListener() {
            @Override
            public void onState(StateEvent event) {
                seen.add(event.state());
            }
        });
        Logger log = Logger.getLogger("dev.broadcaster.client");
        log.setLevel(Level.OFF); // What an error listener throws is logged.
        scene.connected();
        log.setLevel(null);
        assertThat(seen).containsExactly(State.CONNECTING, State.AUTHENTICATING, State.CONNECTED);
        assertThat(scene.errors)
                .hasSize(3)
                .allSatisfy(error -> assertThat(error).hasMessage("state"));
    }

    @Test
    void lateEvents_ofAnAbandonedSocket_doNothing() {
        scene.client.connect();
        var first = scene.socket();
        scene.clock.advance(10_000);
        assertThat(first.closedWith).isEqualTo(-1);
        scene.clock.advance(500);
        scene.socket().accept();
        first.listener.onOpen();
        first.text("{\"method\":7}");
        first.listener.onClose(1000, "");
        assertThat(scene.state().state()).isEqualTo(State.CONNECTED);
        assertThat(scene.errors).isEmpty();
    }

    @Test
    void laterToken_isUsed_whenItIsSetWhileTheProviderIsAsked() {
        var held = new CompletableFuture<String>();
        var slow = new Scene(reason -> held);
        slow.client.connect();
        slow.client.setToken("l.a.ter");
        slow.socket().listener.onOpen();
        held.complete("ea.rli.er");
        assertThat(slow.socket().take("auth").object("params").string("token")).isEqualTo("l.a.ter");
        assertThat(slow.socket().sent).isEmpty();
    }

    @Test
    void tokenThatIsSet_isUsed_whenTheRefreshWaitsForTheOldProvider() {
        var held = new CompletableFuture<String>();
        var slow = new Scene(
                reason -> reason.kind() == TokenReason.Kind.START ? CompletableFuture.completedStage("a.b.c") : held);
        slow.client.connect();
        slow.socket().accept("{\"expiresIn\":60000}");
        slow.clock.advance(30_000);
        assertThat(slow.asked).hasSize(2);
        slow.client.setToken("l.a.ter");
        held.complete("ea.rli.er");
        assertThat(slow.socket().sent)
                .anyMatch(request -> request.contains("l.a.ter"))
                .noneMatch(request -> request.contains("ea.rli.er"));
    }

    @Test
    void token_isAskedForAtOnce_whenTheNodeEndsIt_andTheDelayFollowsIt() {
        var held = new CompletableFuture<String>();
        var slow = new Scene(
                reason -> reason.kind() == TokenReason.Kind.START ? CompletableFuture.completedStage("a.b.c") : held);
        slow.connected().listener.onClose(4401, "token expired");
        assertThat(slow.asked).hasSize(2);
        assertThat(slow.asked.get(1).kind()).isEqualTo(TokenReason.Kind.CLOSED);
        slow.clock.advance(10_000);
        held.complete("d.e.f");
        assertThat(slow.state().state()).isEqualTo(State.WAITING);
        slow.clock.advance(500);
        slow.socket().listener.onOpen();
        assertThat(slow.socket().take("auth").object("params").string("token")).isEqualTo("d.e.f");
        assertThat(slow.asked).hasSize(2);
    }

    @Test
    void wake_connectsWhenTheTokenComes_afterTheNodeHasEndedTheLast() {
        var held = new CompletableFuture<String>();
        var slow = new Scene(
                reason -> reason.kind() == TokenReason.Kind.START ? CompletableFuture.completedStage("a.b.c") : held);
        slow.connected().listener.onClose(4401, "token expired");
        slow.client.wake();
        slow.clock.advance(0);
        assertThat(slow.state().state()).isEqualTo(State.CONNECTING);
        held.complete("d.e.f");
        assertThat(slow.transport.sockets).hasSize(2);
        slow.clock.advance(1000);
        assertThat(slow.transport.sockets).hasSize(2);
        assertThat(slow.asked).hasSize(2);
    }

    @Test
    void provider_thatFailsAfterTheNodeHasEndedTheToken_isAskedAgain() {
        var failing = new Scene(reason -> reason.kind() == TokenReason.Kind.START
                ? CompletableFuture.completedStage("a.b.c")
                : CompletableFuture.failedStage(new IllegalStateException("away")));
        failing.connected().listener.onClose(4401, "token expired");
        assertThat(failing.errors).hasSize(1);
        assertThat(failing.state().state()).isEqualTo(State.WAITING);
        failing.clock.advance(500);
        assertThat(failing.asked).hasSize(3);
    }

    @Test
    void fixedToken_isUsed_whenItIsSetAfterTheNodeHasEndedTheLast() {
        var held = new CompletableFuture<String>();
        var slow = new Scene(
                reason -> reason.kind() == TokenReason.Kind.START ? CompletableFuture.completedStage("a.b.c") : held);
        slow.connected().listener.onClose(4401, "token expired");
        slow.client.setToken("d.e.f");
        slow.clock.advance(500);
        slow.socket().listener.onOpen();
        assertThat(slow.socket().take("auth").object("params").string("token")).isEqualTo("d.e.f");
    }

    @Test
    void arguments_areRefusedAtOnce_whenTheyAreNull() {
        ClientBuilder builder = BroadcasterClient.builder(URI.create("ws://gateway/websocket"));
        String token = System.getProperty("broadcaster.test.none");
        assertThatThrownBy(() -> builder.token(token)).hasMessage("token");
        assertThatThrownBy(() -> builder.executor(null)).hasMessage("executor");
        assertThatThrownBy(() -> builder.listener(null)).hasMessage("listener");
        assertThatThrownBy(() -> scene.client.setToken(token)).hasMessage("token");
        assertThatThrownBy(() -> scene.client.addListener(null)).hasMessage("listener");
        assertThatThrownBy(() -> scene.client.subscribe("chat", null)).hasMessage("listener");
    }

    @Test
    void provider_thatReturnsNothing_isReportedAtOnce() {
        var nothing = new Scene(reason -> null);
        nothing.client.connect();
        assertThat(nothing.errors).singleElement().isInstanceOf(NullPointerException.class);
        assertThat(nothing.state().state()).isEqualTo(State.WAITING);
        var noToken = new Scene(reason -> CompletableFuture.completedStage(null));
        noToken.client.connect();
        assertThat(noToken.errors).singleElement().isInstanceOf(BroadcasterException.Invalid.class);
    }

    @Test
    void handle_isClosed_whenItsClientIs() {
        Handle handle = scene.client.subscribe("chat", new Seen());
        scene.client.close();
        assertThat(handle.state()).isEqualTo(Handle.State.CLOSED);
        handle.close();
    }
}
