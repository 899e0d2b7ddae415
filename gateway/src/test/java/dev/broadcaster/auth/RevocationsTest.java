package dev.broadcaster.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RevocationsTest {
    private final FakeTime time = new FakeTime();
    private final Revocations revocations = new Revocations(time, Duration.ofHours(1));

    private static Identity identity(String user, long issuedAtMillis) {
        ChannelGrants all = ChannelGrants.of(List.of("*"));
        return new Identity(user, all, all, Long.MAX_VALUE, issuedAtMillis);
    }

    @Test
    void revocation_coversEarlierTokens_andThoseWithoutADate() {
        time.setEpochMillis(1_000_000);
        revocations.revoke("alice", "left");

        assertThat(revocations.covering(identity("alice", 1_000_000))).isNotNull();
        assertThat(revocations.covering(identity("alice", 1_000_001))).isNull();
        assertThat(revocations.covering(identity("alice", Identity.NOT_DATED))).isNotNull();
        assertThat(revocations.covering(identity("bob", Identity.NOT_DATED))).isNull();
    }

    @Test
    void laterRevocation_takesThePlaceOfAnEarlierOne_andNeverTheOtherWay() {
        time.setEpochMillis(1_000_000);
        assertThat(revocations.add("alice", new Revocation(500_000, 9_000_000, "a")))
                .isTrue();
        assertThat(revocations.add("alice", new Revocation(400_000, 9_000_000, "b")))
                .isFalse();
        assertThat(revocations.add("alice", new Revocation(600_000, 9_000_000, "c")))
                .isTrue();

        assertThat(revocations.all().get("alice").reason()).isEqualTo("c");
        assertThat(revocations.count()).isEqualTo(1);
    }

    @Test
    void revocation_isKeptUntilTheLongestTokenHasExpired() {
        revocations.revoke("alice", "left");
        time.advance(Duration.ofMinutes(61).minusMillis(1));
        revocations.expire();
        assertThat(revocations.count()).isEqualTo(1);

        time.advance(Duration.ofMillis(1));
        revocations.expire();

        assertThat(revocations.count()).isZero();
        assertThat(revocations.heldBytes()).isZero();
    }

    @Test
    void revocations_areRefused_whenTheyFillTheirMemory_andNoneIsDropped() {
        String longUser = "u".repeat(100_000);
        int accepted = 0;
        while (revocations.revoke(longUser + accepted, "left") != null) {
            accepted++;
        }

        assertThat(revocations.count()).isEqualTo(accepted);
        assertThat(revocations.heldBytes()).isBetween(Revocations.MAX_BYTES * 9 / 10, Revocations.MAX_BYTES);
        assertThat(revocations.revoke(longUser + 0, "again")).as("a known user").isNotNull();
        time.advance(Duration.ofHours(2));
        assertThat(revocations.revoke("alice", "left"))
                .as("when they have expired")
                .isNotNull();
    }

    @Test
    @Timeout(20)
    void refusedRevocation_doesNotVisitAllOthers() {
        int accepted = 0;
        while (revocations.revoke("user" + accepted, "left") != null) {
            accepted++;
        }
        assertThat(accepted).isGreaterThan(100_000);

        for (int i = 0; i < 100_000; i++) {
            assertThat(revocations.revoke("another" + i, "left")).isNull();
        }
    }
}
