package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.relay.SubscribeCallback;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReceivedChannelTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - SECOND; // the clock may wrap

    private final ReceivedChannel channel = new ReceivedChannel("a", 0, "topic of a", null);
    private final List<String> told = new ArrayList<>();

    private static long at(double seconds) {
        return START + (long) (seconds * SECOND);
    }

    private SubscribeCallback waiter(String name) {
        return new SubscribeCallback() {
            @Override
            public void onSubscribed() {
                told.add(name + " subscribed");
            }

            @Override
            public void onFailed(String reason) {
                told.add(name + " failed: " + reason);
            }
        };
    }

    @Test
    void aChannelMoves_whenAnotherRedisHasServedItForAWhileWithoutABreak() {
        assertThat(channel.hasMoved(true, at(0))).isFalse();
        assertThat(channel.hasMoved(true, at(0.9))).isFalse();
        assertThat(channel.hasMoved(false, at(1.1))).isFalse();
        assertThat(channel.hasMoved(true, at(1.2))).isFalse();
        assertThat(channel.hasMoved(true, at(2.1))).isFalse();
        assertThat(channel.hasMoved(true, at(2.3))).isTrue();

        channel.end(at(2.3));
        assertThat(channel.hasMoved(true, at(2.4))).isFalse();
    }

    @Test
    void whatIsWanted_keepsItsPositionWhenItEnds_andTheTimeOfTheFirstEnd() {
        channel.wanted = 1;
        channel.end(at(0));
        assertThat(channel.endedNanos).as("it never was subscribed").isZero();

        channel.position = new Position("e", 5);
        channel.live = true;
        channel.end(at(1));
        channel.end(at(2));
        assertThat(channel.live).isFalse();
        assertThat(channel.position).isEqualTo(new Position("e", 5));
        assertThat(channel.endedNanos).isEqualTo(at(1));

        channel.wanted = 0;
        channel.end(at(3));
        assertThat(channel.position).isNull();
    }

    @Test
    void whoWaits_isToldOnce() {
        channel.addWaiter(waiter("a"), at(1));
        channel.addWaiter(waiter("b"), at(2));
        channel.addWaiter(waiter("c"), at(1));
        channel.expire(at(0.9), "too early");
        channel.expire(at(1), "late");
        assertThat(told).containsExactly("a failed: late", "c failed: late");
        assertThat(channel.hasWaiters()).isTrue();

        channel.confirm();
        channel.confirm();
        assertThat(told).endsWith("b subscribed").hasSize(3);
        assertThat(channel.hasWaiters()).isFalse();

        channel.addWaiter(waiter("d"), at(2));
        channel.forgetWaiters();
        channel.expire(at(3), "late");
        channel.confirm();
        assertThat(told).hasSize(3);
    }
}
