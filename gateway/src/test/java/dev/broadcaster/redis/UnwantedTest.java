package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class UnwantedTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - SECOND; // the clock may wrap

    private final Unwanted unwanted = new Unwanted();
    private final ReceivedChannel a = channel("a");
    private final ReceivedChannel b = channel("b");

    private static ReceivedChannel channel(String name) {
        return new ReceivedChannel(name, 0, "topic of " + name, null);
    }

    private static long at(double seconds) {
        return START + (long) (seconds * SECOND);
    }

    @Test
    void aChannel_isTakenOnce_tenSecondsAfterItWasLeft() {
        unwanted.add(a, at(0));
        unwanted.add(b, at(1));

        assertThat(unwanted.takeDue(at(9.9))).isEmpty();
        assertThat(unwanted.takeDue(at(10))).containsExactly(a);
        assertThat(unwanted.takeDue(at(10.9))).isEmpty();
        assertThat(unwanted.takeDue(at(60))).containsExactly(b);
        assertThat(unwanted.takeDue(at(120))).isEmpty();
    }

    @Test
    void aChannelThatIsWantedAgain_isNotTaken() {
        unwanted.add(a, at(0));
        unwanted.remove(a);
        unwanted.remove(b);

        assertThat(unwanted.takeDue(at(60))).isEmpty();
    }

    @Test
    void aChannelThatComesAndGoes_holdsUpNoOther() {
        unwanted.add(a, at(0));
        unwanted.add(b, at(0));
        for (int second = 1; second < 10; second++) {
            unwanted.remove(a);
            unwanted.add(a, at(second));
        }

        assertThat(unwanted.takeDue(at(10))).containsExactly(b);
        assertThat(unwanted.takeDue(at(18.9))).isEmpty();
        assertThat(unwanted.takeDue(at(19))).containsExactly(a);
    }
}
