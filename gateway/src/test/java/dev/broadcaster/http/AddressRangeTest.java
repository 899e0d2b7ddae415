package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
    private static InetAddress address(String text) {
        return Objects.requireNonNull(AddressRange.address(text));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "192.0.2.128/25, 192.0.2.200, true",
        "192.0.2.128/25, 192.0.2.100, false",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "::/0, 2001:db9::1, true",
        "192.0.2.1, ::ffff:192.0.2.1, true"
    })
    void range_containsTheAddressesWithItsPrefix(String range, String other, boolean expected) {
        assertThat(Objects.requireNonNull(AddressRange.parse(range)).contains(address(other)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "localhost",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0/8",
                "10.0.0.256",
                "10.0.0.01",
                "10.0.0.1000",
                "::/129",
                "1::2::3",
                "fe80::1%eth0",
                "10.0.0.1:80",
                "[::1]",
                "/8",
                "10.0.0.0/08",
                "example.com/8"
            })
    void otherText_isNotARange(String text) {
        assertThat(AddressRange.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, true", "10.1.2.3, true", "172.16.0.1, true", "172.32.0.1, false", "192.168.1.1, true",
                "169.254.1.1, true",
        "100.64.0.1, true", "100.128.0.1, false", "::1, true", "fe80::1, true", "fd00::1, true", "2001:db8::1, false",
        "203.0.113.1, false"
    })
    void privateAddresses_areThoseOfThisMachineAndOfPrivateNetworks(String address, boolean expected) {
        assertThat(AddressRange.isPrivate(address(address))).isEqualTo(expected);
    }
}
