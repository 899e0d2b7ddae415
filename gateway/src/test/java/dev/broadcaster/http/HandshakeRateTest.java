package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HandshakeRateTest {
    private final FakeTime time = new FakeTime();
    private final HandshakeRate rate = new HandshakeRate(5, time, 42);

    private static InetAddress address(String text) {
        return Objects.requireNonNull(AddressRange.address(text));
    }

    private int taken(InetAddress client, int attempts) {
        int taken = 0;
        for (int i = 0; i < attempts; i++) {
            taken += rate.take(client) ? 1 : 0;
        }
        return taken;
    }

    @Test
    void address_hasABurstOfTenSeconds_andThenItsRate() {
        InetAddress client = address("203.0.113.1");
        assertThat(taken(client, 100)).isEqualTo(50);
        assertThat(taken(address("203.0.113.2"), 100)).as("another one").isEqualTo(50);

        time.advance(Duration.ofSeconds(3));
        assertThat(taken(client, 100)).isEqualTo(15);
        time.advance(Duration.ofHours(1));
        assertThat(taken(client, 100)).isEqualTo(50);
    }

    @Test
    void addressesOfOneIpv6Network_areOne() {
        assertThat(taken(address("2001:db8:1:2::1"), 50)).isEqualTo(50);

        assertThat(rate.take(address("2001:db8:1:2:ffff::9"))).isFalse();
        assertThat(rate.take(address("2001:db8:1:3::1"))).isTrue();
    }

    @Test
    void noLimit_whenTheRateIs0() {
        HandshakeRate none = new HandshakeRate(0, time, 42);
        for (int i = 0; i < 1_000; i++) {
            assertThat(none.take(address("203.0.113.1"))).isTrue();
        }
    }

    /** An attacker with very many addresses uses up some cells; few other addresses are refused with him. */
    @Test
    void attackerWithManyNetworks_refusesFewOthers() throws Exception {
        Random random = new Random(7);
        byte[] bytes = new byte[16];
        for (int i = 0; i < 100_000; i++) { // the units of 2,000 cells, all at once
            random.nextBytes(bytes);
            bytes[0] = 0x20;
            rate.take(InetAddress.getByAddress(bytes));
        }
        int refused = 0;
        for (int i = 0; i < 10_000; i++) {
            InetAddress honest = InetAddress.getByAddress(new byte[] {(byte) 198, 51, (byte) (i >> 8), (byte) i});
            refused += rate.take(honest) ? 0 : 1;
        }
        assertThat(refused).as("of 10,000").isLessThan(200);
    }
}
