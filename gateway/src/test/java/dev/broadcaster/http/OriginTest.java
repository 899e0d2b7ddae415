package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OriginTest {
    @ParameterizedTest
    @CsvSource({
        "https://example.com, https://example.com",
        "https://example.com:443, https://example.com",
        "http://example.com:80, http://example.com",
        "https://example.com:80, https://example.com:80",
        "http://example.com:08080, http://example.com:8080",
        "HTTPS://Example.COM:8443, https://example.com:8443",
        "https://my_app.example.com, https://my_app.example.com",
        "https://example.com., https://example.com.",
        "https://bücher.example, https://xn--bcher-kva.example",
        "https://BÜCHER.example:443, https://xn--bcher-kva.example",
        "https://日本語.jp, https://xn--wgv71a119e.jp",
        "https://xn--strae-oqa.de, https://xn--strae-oqa.de",
        "http://127.0.0.1:3000, http://127.0.0.1:3000",
        "http://[::1]:3000, http://[::1]:3000",
        "http://[0:0:0:0:0:0:0:1], http://[::1]",
        "http://[FD00:0:0:1:0:0:0:A]:80, http://[fd00:0:0:1::a]",
        "http://[1:0:0:2:3:4:5:6], http://[1::2:3:4:5:6]",
        "http://[1:0:2:3:4:5:6:7], http://[1:0:2:3:4:5:6:7]",
        "http://[1:2:3:4:5:6:0:0], http://[1:2:3:4:5:6::]",
        "http://[::], http://[::]",
        "http://[::ffff:192.0.2.1], http://[::ffff:c000:201]",
        "null, null",
        "file://, file://",
        "capacitor://localhost, capacitor://localhost",
        "Ionic://LocalHost, ionic://localhost",
        "app://., app://.",
        "chrome-extension://abcdefghijklmnop, chrome-extension://abcdefghijklmnop",
    })
    void origin_hasTheFormOfABrowser(String text, String expected) {
        assertThat(Origin.normalized(text)).isEqualTo(expected);
        assertThat(Origin.normalized(expected)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com",
                "https://",
                "https://example.com/",
                "https://example.com?x",
                "https://user@example.com",
                "https://example.com:0",
                "https://example.com:65536",
                "https://example.com:x",
                "https://*.example.com",
                "https://exa mple.com",
                "https://a..b",
                "https://-a.example",
                "https://straße.de",
                "wss://example.com",
                "ws://example.com",
                "http://127.1",
                "http://0x7f.1",
                "http://256.0.0.1",
                "http://[::1",
                "http://[1:2:3:4:5:6:7]",
                "http://[1:2:3:4:5:6:7:8:9]",
                "http://[1::2::3]",
                "http://[12345::]",
                "capacitor://localhost/",
                "file:///index.html",
                "NULL",
                "*",
            })
    void otherText_isNoOrigin(String text) {
        assertThat(Origin.normalized(text)).isNull();
    }

    @Test
    void longText_isNoOrigin() {
        assertThat(Origin.normalized("https://" + "a.".repeat(1_000_000) + "b")).isNull();
    }

    @Test
    void host_isThatOfAWebOrigin() {
        assertThat(Origin.hostOf("https://my_app.example.com:8443")).isEqualTo("my_app.example.com");
        assertThat(Origin.hostOf("http://[::1]:3000")).isEqualTo("::1");
        assertThat(Origin.hostOf("file://")).isNull();
        assertThat(Origin.hostOf("null")).isNull();
    }
}
