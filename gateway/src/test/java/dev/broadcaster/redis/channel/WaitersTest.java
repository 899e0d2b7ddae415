package dev.broadcaster.redis.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.relay.SubscribeCallback;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WaitersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - SECOND; // the clock may wrap

    private final Waiters waiters = new Waiters();
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
    void waiter_isCalledOnce() {
        waiters.add("x", waiter("a"), at(1));
        waiters.add("x", waiter("b"), at(2));
        waiters.add("x", waiter("c"), at(1));
        waiters.add("y", waiter("d"), at(9));
        waiters.expire(at(0.9), "too early");
        waiters.expire(at(1), "late");
        assertThat(told).containsExactly("a failed: late", "c failed: late");

        waiters.confirm("x");
        waiters.confirm("x");
        assertThat(told).endsWith("b subscribed").hasSize(3);
        assertThat(waiters.isEmpty()).isFalse();
        waiters.confirm("y");
        assertThat(waiters.isEmpty()).isTrue();
    }

    @Test
    void waiter_isNotCalled_whenTheSubscribeWasTakenBack() {
        waiters.add("x", waiter("a"), at(1));
        waiters.forget("x");
        waiters.expire(at(3), "late");
        waiters.confirm("x");

        assertThat(told).isEmpty();
        assertThat(waiters.isEmpty()).isTrue();
    }

    @Test
    void noWaiterIsLeft_whenAllDeadlinesOfAChannelHavePassed() {
        waiters.add("x", waiter("a"), at(1));
        waiters.expire(at(1), "late");

        assertThat(waiters.isEmpty()).isTrue();
    }
}
