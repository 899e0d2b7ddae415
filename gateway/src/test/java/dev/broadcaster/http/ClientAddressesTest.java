package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressesTest {
    private static final ClientAddresses BEHIND_PROXIES = new ClientAddresses(Stream.of("10.0.0.0/8", "2001:db8:1::/48")
            .map(text -> Objects.requireNonNull(AddressRange.parse(text)))
            .toList());

    private static InetAddress address(String text) {
        return Objects.requireNonNull(AddressRange.address(text));
    }

    private static @Nullable HeaderValues values(@Nullable String values) {
        HeaderMap headers = new HeaderMap();
        if (values != null) {
            for (String value : values.split("\\|")) {
                headers.add(Headers.X_FORWARDED_FOR, value);
            }
        }
        return headers.get(Headers.X_FORWARDED_FOR);
    }

    private static String client(String peer, @Nullable String forwardedFor, @Nullable String forwarded) {
        InetAddress client = BEHIND_PROXIES.of(address(peer), values(forwardedFor), values(forwarded));
        return Objects.requireNonNull(client).getHostAddress();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "10.0.0.1; 203.0.113.1; 203.0.113.1",
                "10.0.0.1; 203.0.113.1, 10.0.0.2; 203.0.113.1",
                "10.0.0.1; 198.51.100.9, 203.0.113.1; 203.0.113.1",
                "10.0.0.1; 198.51.100.9, 203.0.113.1, 10.0.0.2, 10.0.0.3; 203.0.113.1",
                "10.0.0.1; 198.51.100.9|203.0.113.1; 203.0.113.1",
                "10.0.0.1; 203.0.113.1:4711; 203.0.113.1",
                "10.0.0.1; 2001:db8:2::1; 2001:db8:2:0:0:0:0:1",
                "10.0.0.1; [2001:db8:2::1]:80; 2001:db8:2:0:0:0:0:1",
                "2001:db8:1::1; 203.0.113.1; 203.0.113.1",
                "10.0.0.1; 10.0.0.2; 10.0.0.2",
                "10.0.0.1; unknown; 10.0.0.1",
                "10.0.0.1; 203.0.113.1, ; 10.0.0.1",
                "10.0.0.1; 203.0.113.1, nonsense, 10.0.0.2; 10.0.0.2",
                "10.0.0.1; ,,,; 10.0.0.1",
                "203.0.113.5; 198.51.100.9; 203.0.113.5"
            })
    void forwardedFor_isReadFromTheRight_throughTrustedHopsOnly(String peer, String forwardedFor, String expected) {
        assertThat(client(peer, forwardedFor, null)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '\'',
            value = {
                "for=203.0.113.1; 203.0.113.1",
                "'for=198.51.100.9, for=203.0.113.1;proto=https'; 203.0.113.1",
                "'proto=https;For=\"[2001:db8:2::1]:4711\"'; 2001:db8:2:0:0:0:0:1",
                "'for=203.0.113.1, for=10.0.0.7'; 203.0.113.1",
                "by=203.0.113.1; 10.0.0.1",
                "for=_hidden; 10.0.0.1"
            })
    void forwarded_isReadInTheSameWay(String forwarded, String expected) {
        assertThat(client("10.0.0.1", null, forwarded)).isEqualTo(expected);
    }

    @Test
    void headersThatContradictEachOther_areNotBelieved_asAProxyPassesOneOfThemOn() {
        assertThat(client("10.0.0.1", "203.0.113.1", "for=198.51.100.9")).isEqualTo("10.0.0.1");
        assertThat(client("10.0.0.1", "203.0.113.1", "for=203.0.113.1")).isEqualTo("203.0.113.1");
    }

    @Test
    void privatePeer_hasNoAddress_whenNoProxyIsTrusted() {
        ClientAddresses direct = new ClientAddresses(List.of());

        assertThat(direct.of(address("10.0.0.1"), values("203.0.113.1"), null)).isNull();
        assertThat(direct.of(address("127.0.0.1"), null, null)).isNull();
        assertThat(direct.of(address("203.0.113.5"), values("198.51.100.9"), null))
                .isEqualTo(address("203.0.113.5"));
    }
}
