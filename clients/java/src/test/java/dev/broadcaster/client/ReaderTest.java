package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class ReaderTest {
    private final Scene scene = new Scene();
    private final Seen seen = new Seen();
    private final Collector collector = new Collector();

    private static class Collector implements Flow.Subscriber<Message> {
        final List<Long> items = new ArrayList<>();
        Flow.Subscription subscription;
        Throwable error;
        boolean completed;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(Message message) {
            items.add(message.seq());
        }

        @Override
        public void onError(Throwable thrown) {
            error = thrown;
        }

        @Override
        public void onComplete() {
            completed = true;
        }
    }

    private Handle live(SubscribeOptions options) {
        var socket = scene.connected();
        Handle handle = scene.client.subscribe("chat", seen, options);
        socket.live("E-0");
        handle.publisher().subscribe(collector);
        return handle;
    }

    private void broadcast(int from, int to) {
        for (int seq = from; seq <= to; seq++) {
            scene.socket().broadcast("chat", seq, "1");
        }
    }

    @Test
    void subscriber_getsAsManyAsItAsksFor() {
        live(SubscribeOptions.defaults());
        broadcast(1, 3);
        assertThat(collector.items).isEmpty();
        collector.subscription.request(2);
        assertThat(collector.items).containsExactly(1L, 2L);
        collector.subscription.request(Long.MAX_VALUE);
        collector.subscription.request(Long.MAX_VALUE);
        broadcast(4, 4);
        assertThat(collector.items).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void subscriber_thatDoesNotAsk_isToldTheExactNumberOfTheLost() {
        live(SubscribeOptions.defaults());
        broadcast(1, 1500);
        assertThat(seen.lines).doesNotContain("gap CONSUMER 500");
        collector.subscription.request(1);
        assertThat(collector.items).containsExactly(501L);
        assertThat(seen.lines).contains("gap CONSUMER 500");
    }

    @Test
    void subscriber_thatPauses_losesNothing() {
        live(SubscribeOptions.defaults().overflow(SubscribeOptions.Overflow.PAUSE));
        broadcast(1, 1000);
        var socket = scene.socket();
        socket.reply(socket.take("unsubscribe"), "{\"success\":true}");
        collector.subscription.request(499);
        assertThat(socket.sent).isEmpty();
        collector.subscription.request(1);
        JsonObject request = socket.take("subscribe");
        assertThat(request.object("params").string("lastSeenMessageId")).isEqualTo("E-1000");
        socket.reply(request, "{\"historyRecovered\":true,\"recoveredMessages\":0}");
        assertThat(seen.lines).doesNotContain("gap AWAY null");
    }

    @Test
    void publisher_completes_whenTheHandleIsClosed_afterWhatWaits() {
        Handle handle = live(SubscribeOptions.defaults());
        broadcast(1, 2);
        handle.close();
        assertThat(collector.completed).isFalse();
        collector.subscription.request(5);
        assertThat(collector.items).containsExactly(1L, 2L);
        assertThat(collector.completed).isTrue();
    }

    @Test
    void publisher_failsWithTheReason_whenTheNodeOrTheClientEndsIt() {
        Handle handle = live(SubscribeOptions.defaults());
        scene.socket().text("{\"method\":\"unsubscribed\",\"params\":{\"channel\":\"chat\",\"reason\":\"no more\"}}");
        assertThat(collector.error)
                .isInstanceOf(BroadcasterException.Closed.class)
                .hasMessageContaining("no more");
        var late = new Collector();
        handle.publisher().subscribe(late);
        assertThat(late.error).hasMessageContaining("no more");
        assertThat(handle.ready()).isCompletedExceptionally();

        var other = new Collector();
        scene.client.subscribe("other", new Seen()).publisher().subscribe(other);
        scene.socket().listener.onClose(4403, "revoked");
        assertThat(other.error).isInstanceOf(BroadcasterException.Stopped.class).hasMessageContaining("revoked");
    }

    @Test
    void subscriber_thatThrows_isLeft_andReported() {
        Handle handle = live(SubscribeOptions.defaults());
        handle.publisher().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                given.request(10);
            }

            @Override
            public void onNext(Message message) {
                throw new IllegalStateException("oops");
            }

            @Override
            public void onError(Throwable thrown) {}

            @Override
            public void onComplete() {}
        });
        collector.subscription.request(10);
        broadcast(1, 3);
        assertThat(scene.errors).singleElement().satisfies(e -> assertThat(e).hasMessage("oops"));
        assertThat(collector.items).containsExactly(1L, 2L, 3L);
    }

    @Test
    void request_ofNothing_isAnError() {
        live(SubscribeOptions.defaults());
        collector.subscription.request(0);
        assertThat(collector.error).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void subscriber_ends_whenItComesAfterTheEndOfTheClient() {
        Handle handle = live(SubscribeOptions.defaults());
        scene.client.close();
        var late = new Collector();
        handle.publisher().subscribe(late);
        assertThat(late.completed).isTrue();
        assertThat(late.error).isNull();
        assertThatThrownBy(() -> handle.publisher().subscribe(null)).hasMessage("subscriber");
    }

    @Test
    void subscriber_ends_whenItComesAfterTheClientHasStopped() {
        Handle handle = live(SubscribeOptions.defaults());
        scene.socket().listener.onClose(4400, "malformed");
        var late = new Collector();
        handle.publisher().subscribe(late);
        assertThat(late.error).isInstanceOf(BroadcasterException.Stopped.class);
    }

    @Test
    void subscriber_mayCancelInsideOnNext() {
        Handle handle = live(SubscribeOptions.defaults());
        var once = new Collector() {
            @Override
            public void onNext(Message message) {
                super.onNext(message);
                subscription.cancel();
                subscription.request(1);
            }
        };
        handle.publisher().subscribe(once);
        once.subscription.request(5);
        broadcast(1, 3);
        assertThat(once.items).containsExactly(1L);
        assertThat(once.completed).isFalse();
        assertThat(scene.errors).isEmpty();
    }
}
