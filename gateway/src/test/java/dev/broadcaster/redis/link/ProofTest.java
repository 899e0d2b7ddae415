package dev.broadcaster.redis.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.redis.link.Proof.Return;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProofTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long START = Long.MAX_VALUE - SECOND; // the clock may wrap

    private final Proof proof = new Proof();

    @BeforeEach
    void connect() {
        proof.onConnected(START);
    }

    private static long at(double seconds) {
        return START + (long) (seconds * SECOND);
    }

    @Test
    void aLinkIsProved_byItsOwnProbeOnly() {
        proof.onSent("a", at(0));
        proof.onConnected(at(1));

        assertThat(proof.onReturned("a", at(1.1))).as("of the old connection").isEqualTo(Return.STRAY);
        assertThat(proof.isProved()).isFalse();

        proof.onSent("b", at(1.2));
        assertThat(proof.onReturned("b", at(1.3))).isEqualTo(Return.IN_TIME);
        assertThat(proof.isProved()).isTrue();
        assertThat(proof.age(at(2))).isEqualTo(at(2) - at(1.2));
    }

    @Test
    void timelyProbes_areNotLate() {
        for (int i = 0; i < 10; i++) {
            proof.onSent("p" + i, at(i));
            assertThat(proof.isLate(at(i + 0.9))).isFalse();
            assertThat(proof.onReturned("p" + i, at(i + 0.9))).isEqualTo(Return.IN_TIME);
        }
        assertThat(proof.isLate(at(100))).isFalse();
    }

    @Test
    void aRedisThatResumes_isLate_beforeItsProbeReturns_andForAWhileAfter() {
        proof.onSent("a", at(0));
        proof.onSent("b", at(1));
        proof.onSent("c", at(2));
        assertThat(proof.isLate(at(0.9))).isFalse();
        assertThat(proof.isLate(at(2.5))).as("nothing has come back yet").isTrue();

        assertThat(proof.onReturned("a", at(2.6))).isEqualTo(Return.LATE);
        assertThat(proof.onReturned("b", at(2.6))).isEqualTo(Return.LATE);
        assertThat(proof.onReturned("c", at(2.6))).as("sent a moment ago").isEqualTo(Return.IN_TIME);

        assertThat(proof.isLate(at(7))).isTrue();
        assertThat(proof.isLate(at(8))).isFalse();
    }

    @Test
    void aDoubt_ends_whenOtherNodesConfirm_afterTheSilence() {
        proof.onSent("a", at(0));
        assertThat(proof.onReturned("a", at(2))).isEqualTo(Return.LATE);
        proof.doubt();

        proof.confirm(at(1.9));
        assertThat(proof.trouble(at(2.1))).contains("silent");
        proof.onSent("b", at(2.1));
        assertThat(proof.onReturned("b", at(2.2))).isEqualTo(Return.IN_TIME);
        assertThat(proof.trouble(at(2.2))).contains("silent");

        proof.confirm(at(2.1));
        assertThat(proof.trouble(at(2.2))).isNull();
    }

    @Test
    void aLinkWithoutAPartition_isNotSilent_butHasToBeProvedAgain() {
        proof.onSent("a", at(0));
        proof.onReturned("a", at(0.1));
        proof.onSent("refused", at(1));
        proof.onIdle(at(10));

        assertThat(proof.isProved()).isFalse();
        assertThat(proof.isLate(at(10))).isFalse();
        assertThat(proof.silence(at(11))).isEqualTo(SECOND);
        assertThat(proof.trouble(at(11))).isNull();
    }

    @Test
    void aPauseOfTheProcess_isNotSilenceOfTheOtherSide() {
        proof.onSent("a", at(0));
        proof.onReturned("a", at(0.1));
        proof.onPause(60 * SECOND);

        assertThat(proof.silence(at(61))).isLessThan(SECOND);
        assertThat(proof.trouble(at(61))).isNull();
    }

    @Test
    void aProbeIsDue_onceALinkIsConnected_thenEverySecond() {
        assertThat(proof.isDue(at(0))).isTrue();

        proof.onDue(at(0.1));
        assertThat(proof.isDue(at(1))).isFalse();
        assertThat(proof.isDue(at(1.1))).isTrue();

        proof.onDue(at(1.1));
        proof.onIdle(at(1.1));
        assertThat(proof.isDue(at(1.2))).as("it has just been tried").isFalse();
        proof.onPause(60 * SECOND);
        assertThat(proof.isDue(at(62))).isFalse();
        assertThat(proof.isDue(at(62.1))).isTrue();

        proof.onConnected(at(62.2));
        assertThat(proof.isDue(at(62.2))).isTrue();
    }

    @Test
    void aLinkIsDead_whenRedisIsSilent_notWhenProbesAreRefused() {
        proof.onSent("a", at(0));
        assertThat(proof.isDead(at(6))).isFalse();
        assertThat(proof.isDead(at(6.1))).isTrue();

        proof.onRefused(at(5));
        assertThat(proof.isDead(at(11))).isFalse();
        assertThat(proof.isDead(at(11.1))).isTrue();
    }
}
