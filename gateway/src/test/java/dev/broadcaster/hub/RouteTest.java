package dev.broadcaster.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class RouteTest {
    private static final byte[] JSON = "\"text\"".getBytes(UTF_8);

    private static Message message() {
        return new Message("id", "2026-01-01T00:00:00Z", "channel", JSON, JSON);
    }

    private static EncodedBroadcast encode(Route route, Message message) {
        return route.encode(List.of(message)).get(0);
    }

    /** A garbage collection may free what a route keeps, so the condition is tried with several new routes. */
    private static boolean holdsOnce(BooleanSupplier condition) {
        for (int attempt = 0; attempt < 20; attempt++) {
            if (condition.getAsBoolean()) {
                return true;
            }
        }
        return false;
    }

    @Test
    void aShardThatJoined_isNamed_untilItLeaves() {
        Route route = new Route(null);
        route.join(0);
        route.join(63);
        route.join(63);

        assertThat(route.shards()).isEqualTo(1L | 1L << 63);
        assertThat(route.leave(0)).isFalse();
        assertThat(route.shards()).isEqualTo(1L << 63);
        assertThat(route.leave(63)).isTrue();
    }

    @Test
    void encode_encodesAMessageOnce_howeverManyRecoverIt() {
        Message message = message();

        assertThat(holdsOnce(() -> {
                    Route route = new Route(null);
                    EncodedBroadcast encoded = encode(route, message);
                    return encode(route, message) == encoded;
                }))
                .isTrue();
    }

    @Test
    void encode_keeps258Messages_whenOneIsRecovered() {
        Message first = message();

        assertThat(holdsOnce(() -> {
                    Route route = new Route(null);
                    EncodedBroadcast encoded = encode(route, first);
                    encodeNew(route, 257);
                    return encode(route, first) == encoded;
                }))
                .isTrue();
    }

    @Test
    void encode_forgetsTheOldOnes_whenOneMoreIsKept() {
        Message first = message();
        Route route = new Route(null);
        EncodedBroadcast encoded = encode(route, first);
        encodeNew(route, 258);

        assertThat(encode(route, first)).isNotSameAs(encoded);
    }

    @Test
    void encode_encodesAMessageOnce_alsoForTheNextRouteOfTheChannel() {
        Message message = message();

        assertThat(holdsOnce(() -> {
                    EndedRoutes ended = new EndedRoutes();
                    Route route = ended.resume("channel");
                    EncodedBroadcast encoded = encode(route, message);
                    ended.onEnd("channel", route);
                    return encode(ended.resume("channel"), message) == encoded;
                }))
                .isTrue();
    }

    /** Otherwise two short requests make the node encode the whole history, as often as a client likes. */
    @Test
    void encode_encodesAMessageOnce_alsoWhenLargeAndSmallRecoveriesTakeTurns() {
        List<Message> history = Stream.generate(RouteTest::message).limit(1_000).toList();

        assertThat(holdsOnce(() -> {
                    EndedRoutes ended = new EndedRoutes();
                    Route route = ended.resume("channel");
                    List<EncodedBroadcast> encoded = route.encode(history);
                    route.encode(history.subList(999, 1_000));
                    ended.onEnd("channel", route);
                    Route next = ended.resume("channel");
                    next.encode(history.subList(999, 1_000));
                    return next.encode(history).get(0) == encoded.get(0);
                }))
                .isTrue();
    }

    @Test
    void encode_ofTheEndOfARecovery_isTheSame_andOfOthersIsNot() {
        RecoveredMessages recovered = new RecoveredMessages();
        List<Message> history = Stream.generate(RouteTest::message).limit(10).toList();
        List<EncodedBroadcast> encoded = recovered.encode(history.subList(0, 9));
        for (int from = 0; from <= 10; from++) {
            for (int to = from; to <= 10; to++) {
                List<EncodedBroadcast> part = recovered.encode(history.subList(from, to));

                assertThat(part).hasSize(to - from);
                for (int i = from; i < Math.min(to, 9); i++) {
                    assertThat(part.get(i - from)).isSameAs(encoded.get(i));
                }
            }
        }
    }

    /** Redis answers thousands of waiting clients together: looking each message up for each takes minutes. */
    @Test
    @Timeout(20)
    void encode_looksNoMessageUp_forClientsThatGetTheSameEnd() {
        RecoveredMessages recovered = new RecoveredMessages();
        List<Message> history = Stream.generate(RouteTest::message).limit(1_000).toList();
        List<EncodedBroadcast> encoded = recovered.encode(history);

        boolean same = true;
        for (int i = 0; i < 5_000_000; i++) {
            List<EncodedBroadcast> end = recovered.encode(history.subList(i % 2, 1_000));
            same &= end.get(998 - i % 2) == encoded.get(998);
        }
        assertThat(same).isTrue();
    }

    @Test
    void endedRoutes_forgetTheOldest() {
        Message message = message();
        EndedRoutes ended = new EndedRoutes();
        Route first = ended.resume("0");
        EncodedBroadcast encoded = encode(first, message);
        ended.onEnd("0", first);
        for (int i = 1; i <= 256; i++) {
            Route route = ended.resume(String.valueOf(i));
            encode(route, message());
            ended.onEnd(String.valueOf(i), route);
        }

        assertThat(encode(ended.resume("0"), message)).isNotSameAs(encoded);
    }

    private static void encodeNew(Route route, int count) {
        for (int i = 0; i < count; i++) {
            encode(route, message());
        }
    }
}
