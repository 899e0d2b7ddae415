package dev.broadcaster.redis.channel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class UnwantedTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - SECOND; // the clock may wrap

    private static final long LINGER_NANOS = 10_000_000_000L;

    private final Unwanted<String> unwanted = new Unwanted<>();

    private static long at(double seconds) {
        return START + (long) (seconds * SECOND);
    }

    @Test
    void channel_isTakenOnce_tenSecondsAfterItWasLeft() {
        unwanted.add("a", at(0));
        unwanted.add("b", at(1));

        assertThat(unwanted.takeDue(at(9.9), LINGER_NANOS)).isEmpty();
        assertThat(unwanted.takeDue(at(10), LINGER_NANOS)).containsExactly("a");
        assertThat(unwanted.takeDue(at(10.9), LINGER_NANOS)).isEmpty();
        assertThat(unwanted.takeDue(at(60), LINGER_NANOS)).containsExactly("b");
        assertThat(unwanted.takeDue(at(120), LINGER_NANOS)).isEmpty();
    }

    @Test
    void channelThatIsWantedAgain_isNotTaken() {
        unwanted.add("a", at(0));
        unwanted.remove("a");
        unwanted.remove("b");

        assertThat(unwanted.takeDue(at(60), LINGER_NANOS)).isEmpty();
    }

    @Test
    void channelThatIsWantedAgain_delaysNoOther() {
        unwanted.add("a", at(0));
        unwanted.add("b", at(0));
        for (int second = 1; second < 10; second++) {
            unwanted.remove("a");
            unwanted.add("a", at(second));
        }

        assertThat(unwanted.takeDue(at(10), LINGER_NANOS)).containsExactly("b");
        assertThat(unwanted.takeDue(at(18.9), LINGER_NANOS)).isEmpty();
        assertThat(unwanted.takeDue(at(19), LINGER_NANOS)).containsExactly("a");
    }
}
