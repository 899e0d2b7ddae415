package dev.broadcaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.broadcaster.auth.keys.Issuer;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.http.AddressRange;
import dev.broadcaster.http.HttpConfig;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.PublishConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.event.Level;

final class GatewayConfigTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    @Test
    void parse_takesDefaults_whenOnlySecretsAreSet() throws Exception {
        GatewayConfig config = parse();

        assertThat(config.http().host()).isEqualTo("0.0.0.0");
        assertThat(config.http().port()).isEqualTo(8000);
        assertThat(config.http().managementHost()).isEqualTo("127.0.0.1");
        assertThat(config.http().managementPort()).isEqualTo(8001);
        assertThat(config.http().basePath()).isEqualTo("/broadcaster");
        assertThat(config.http().allowedOrigins()).containsExactly("*");
        assertThat(config.http().maxBodyBytes()).isEqualTo(1 << 20);
        assertThat(config.publish()).isEqualTo(new PublishConfig(0, 1_000));
        assertThat(config.http().ioThreads()).isZero();
        assertThat(config.http().tlsCert()).isNull();
        assertThat(config.http().tlsKey()).isNull();
        assertThat(config.http().console()).isFalse();
        assertThat(config.websocket().maxMessageBytes()).isEqualTo(64 << 10);
        assertThat(config.websocket().maxPendingBytes()).isEqualTo(1 << 20);
        assertThat(config.websocket().maxRequestRate()).isEqualTo(1000);
        assertThat(config.websocket().maxConnections())
                .as("what this process has room for")
                .isBetween(16, Capacity.ofThisProcess().connections(false) + 100);
        assertThat(config.websocket().maxUnauthenticated())
                .isEqualTo(config.websocket().maxConnections() / 2);
        assertThat(config.http().maxHandshakeRate()).isEqualTo(100);
        assertThat(config.http().trustedProxies()).isEmpty();
        assertThat(config.http().idleTimeout())
                .as("longer than 60 s, as in AWS and nginx")
                .isEqualTo(Duration.ofSeconds(75));
        assertThat(config.websocket().authTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.websocket().pingInterval()).isEqualTo(Duration.ofSeconds(25));
        assertThat(config.websocket().idleTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(config.rpc().maxSubscriptions()).isEqualTo(1000);
        assertThat(config.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(config.log()).isEqualTo(new LogConfig(LogConfig.Encoding.CONSOLE, Level.INFO));
        assertThat(config.auth().jwtSecrets()).containsExactly(SECRET);
        assertThat(config.auth().weakSecretsAllowed()).isFalse();
        assertThat(config.auth().apiKeys()).containsExactly("key");
    }

    @Test
    void parse_readsEverySetting() throws Exception {
        GatewayConfig config = parse(
                "HOST",
                "::",
                "PORT",
                "0",
                "MANAGEMENT_HOST",
                "10.0.0.1",
                "MANAGEMENT_PORT",
                "0",
                "BASE_PATH",
                "/", //
                "ALLOWED_ORIGINS",
                "https://A.example, http://b.example:8080",
                "MAX_BODY_BYTES",
                "1", //
                "MAX_PUBLISH_RATE",
                "2",
                "MAX_NEW_CHANNEL_RATE",
                "12",
                "IO_THREADS",
                "3",
                "MAX_MESSAGE_BYTES",
                "4",
                "MAX_PENDING_BYTES",
                "5", //
                "MAX_REQUEST_RATE",
                "6",
                "MAX_CONNECTIONS",
                "7",
                "MAX_UNAUTHENTICATED",
                "12",
                "MAX_HANDSHAKE_RATE",
                "13",
                "TRUSTED_PROXIES",
                "10.0.0.0/8, 2001:db8::1",
                "MAX_SUBSCRIPTIONS",
                "8",
                "AUTH_TIMEOUT",
                "9ms", //
                "PING_INTERVAL",
                "10s",
                "IDLE_TIMEOUT",
                "11m",
                "DRAIN_TIMEOUT",
                "0s",
                "LOG_ENCODING",
                "JSON", //
                "LOG_LEVEL",
                "WARN",
                "API_KEYS",
                "a|b, c,");

        assertThat(config.http().host()).isEqualTo("::");
        assertThat(config.http().port()).isZero();
        assertThat(config.http().managementHost()).isEqualTo("10.0.0.1");
        assertThat(config.http().managementPort()).isZero();
        assertThat(config.http().basePath()).isEqualTo("/");
        assertThat(config.http().allowedOrigins()).isEqualTo(Set.of("https://a.example", "http://b.example:8080"));
        assertThat(config.http().maxBodyBytes()).isEqualTo(1);
        assertThat(config.publish()).isEqualTo(new PublishConfig(2, 12));
        assertThat(config.http().ioThreads()).isEqualTo(3);
        assertThat(config.websocket().maxMessageBytes()).isEqualTo(4);
        assertThat(config.websocket().maxPendingBytes()).isEqualTo(5);
        assertThat(config.websocket().maxRequestRate()).isEqualTo(6);
        assertThat(config.websocket().maxConnections()).isEqualTo(7);
        assertThat(config.websocket().maxUnauthenticated()).isEqualTo(12);
        assertThat(config.http().maxHandshakeRate()).isEqualTo(13);
        assertThat(config.http().trustedProxies())
                .containsExactly(AddressRange.parse("10.0.0.0/8"), AddressRange.parse("2001:db8::1/128"));
        assertThat(config.rpc().maxSubscriptions()).isEqualTo(8);
        assertThat(config.websocket().authTimeout()).isEqualTo(Duration.ofMillis(9));
        assertThat(config.websocket().pingInterval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.websocket().idleTimeout()).isEqualTo(Duration.ofMinutes(11));
        assertThat(config.drainTimeout()).isZero();
        assertThat(config.log()).isEqualTo(new LogConfig(LogConfig.Encoding.JSON, Level.WARN));
        assertThat(config.auth().apiKeys()).containsExactly("a", "b", "c");
    }

    @Test
    void maxUnauthenticated_isHalfOfMaxConnections_byDefault() throws Exception {
        assertThat(parse("MAX_CONNECTIONS", "1000").websocket().maxUnauthenticated())
                .isEqualTo(500);
        assertThat(parse("MAX_CONNECTIONS", "1").websocket().maxUnauthenticated())
                .isEqualTo(16);
        assertThat(parse("MAX_CONNECTIONS", "0").websocket().maxUnauthenticated())
                .as("no limit")
                .isZero();
        assertThat(parse("MAX_CONNECTIONS", "AUTO").websocket().maxConnections())
                .isPositive();
    }

    /** With IDLE_TIMEOUT alone, a client that answers pings was closed before the first ping. */
    @ParameterizedTest
    @CsvSource({"20s, 10s", "6s, 3s", "26s, 13s", "50s, 25s", "24h, 25s", "60s, 25s"})
    void pings_comeBeforeTheIdleTimeout_whenOnlyThatIsSet(String idleTimeout, String pings) throws Exception {
        GatewayConfig config = parse("IDLE_TIMEOUT", idleTimeout, "PING_INTERVAL", " ");

        assertThat(config.websocket().pingInterval())
                .isEqualTo(DurationText.parse(pings).orElseThrow());
        assertThat(config.rpc().pingInterval()).isEqualTo(config.websocket().pingInterval());
    }

    @Test
    void pingInterval_isUsedAsItIs_whenItIsSet() throws Exception {
        assertThat(parse("IDLE_TIMEOUT", "20s", "PING_INTERVAL", "19s")
                        .websocket()
                        .pingInterval())
                .isEqualTo(Duration.ofSeconds(19));
        assertThat(problems("IDLE_TIMEOUT", "20s", "PING_INTERVAL", "25s"))
                .singleElement()
                .asString()
                .startsWith("PING_INTERVAL: 25s (expected: less than IDLE_TIMEOUT, 20s");
    }

    @Test
    void address_mayHaveBrackets() throws Exception {
        HttpConfig http = parse("HOST", "[::]", "MANAGEMENT_HOST", "[::1]").http();

        assertThat(http.host()).isEqualTo("::");
        assertThat(http.managementHost()).isEqualTo("::1");
    }

    @Test
    void origins_areNormalised() throws Exception {
        assertThat(parse(
                                "ALLOWED_ORIGINS",
                                "HTTPS://Example.com:443, http://b.example:80, https://bücher.example,"
                                        + " NULL, capacitor://localhost, file://, Loopback")
                        .http()
                        .allowedOrigins())
                .containsExactlyInAnyOrder(
                        "https://example.com",
                        "http://b.example",
                        "https://xn--bcher-kva.example",
                        "null",
                        "capacitor://localhost",
                        "file://",
                        "loopback");
    }

    @Test
    void parse_takesTheDefault_whenAValueIsEmpty() throws Exception {
        assertThat(parse("PORT", "", "TLS_CERT", " ", "REDIS_URL", "").http().port())
                .isEqualTo(8000);
    }

    @ParameterizedTest
    @CsvSource({"/, /", "/broadcaster, /broadcaster", "/broadcaster/, /broadcaster", "/a/b-c_d.e, /a/b-c_d.e"})
    void basePath_isNormalised(String given, String expected) throws Exception {
        assertThat(parse("BASE_PATH", given).http().basePath()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "PORT; 65536; from 0 to 65535",
                "PORT; -1; from 0 to 65535",
                "PORT; 80a; from 0 to 65535",
                "PORT; 99999999999999999999; from 0 to 65535",
                "MANAGEMENT_PORT; x; from 0 to 65535",
                "MANAGEMENT_PORT; 8000; a port other than PORT",
                "HOST; a b; an address",
                "HOST; http://a; an address",
                "MANAGEMENT_HOST; é; an address",
                "BASE_PATH; broadcaster; a path such as",
                "BASE_PATH; /a?b; a path such as",
                "BASE_PATH; /a#b; a path such as",
                "BASE_PATH; /a//b; a path such as",
                "BASE_PATH; /..; a path such as",
                "BASE_PATH; //; a path such as",
                "ALLOWED_ORIGINS; example.com; origins such as",
                "ALLOWED_ORIGINS; https://example.com/; origins such as",
                "ALLOWED_ORIGINS; https://example.com?x; origins such as",
                "ALLOWED_ORIGINS; https://u@example.com; origins such as",
                "ALLOWED_ORIGINS; https://; origins such as",
                "ALLOWED_ORIGINS; wss://example.com; origins such as",
                "ALLOWED_ORIGINS; https://*.example.com; origins such as",
                "ALLOWED_ORIGINS; https://straße.de; origins such as",
                "MANAGEMENT_ALLOWED_HOSTS; gateway:8001; without a port",
                "MANAGEMENT_ALLOWED_HOSTS; http://gateway; without a port",
                "ALLOW_REMOTE_REDIS; perhaps; true or false",
                "ALLOW_WEAK_JWT_SECRET; yes; true or false",
                "MAX_MESSAGE_BYTES; -1; a whole number from 0",
                "MAX_BODY_BYTES; 1MB; a whole number from 0",
                "MAX_PENDING_BYTES; 1.5; a whole number from 0",
                "MAX_SUBSCRIPTIONS; -1; a whole number from 0",
                "MAX_REQUEST_RATE; many; a whole number from 0",
                "MAX_CONNECTIONS; -1; a whole number from 0",
                "MAX_CONNECTIONS; many; a whole number from 0",
                "MAX_UNAUTHENTICATED; -1; a whole number from 0",
                "MAX_HANDSHAKE_RATE; 1/s; a whole number from 0",
                "TRUSTED_PROXIES; proxy; addresses and ranges such as",
                "TRUSTED_PROXIES; 10.0.0.0/33; addresses and ranges such as",
                "PROXY_PROTOCOL; v2; true or false",
                "MAX_PUBLISH_RATE; 0x10; a whole number from 0",
                "IO_THREADS; 65; from 0 to 64",
                "AUTH_TIMEOUT; 10; a time with its unit",
                "AUTH_TIMEOUT; 0s; from 1ms to 24h",
                "PING_INTERVAL; 10 s; a time with its unit",
                "PING_INTERVAL; 60s; less than IDLE_TIMEOUT",
                "PING_INTERVAL; 2m; less than IDLE_TIMEOUT",
                "IDLE_TIMEOUT; -1s; a time with its unit",
                "IDLE_TIMEOUT; 25h; from 1ms to 24h",
                "IDLE_TIMEOUT; 9999999999s; a time with its unit",
                "DRAIN_TIMEOUT; 61m; from 0s to 1h",
                "HTTP_IDLE_TIMEOUT; 0s; from 1s to 24h",
                "LOG_ENCODING; xml; console or json",
                "LOG_LEVEL; loud; error, warn, info, debug or trace",
                "TLS_CERT; /no/such/file; a file that can be read",
                "TLS_KEY; /; a file that can be read",
                "REDIS_URL; redis://; redis://[[user]:password@]host",
                "REDIS_URL; http://h; redis://[[user]:password@]host",
                "REDIS_URL; redis://h/x; redis://[[user]:password@]host",
                "REDIS_URL; redis://a,b; redis://[[user]:password@]host",
                "REDIS_URL; redis-sentinel://a,b; redis://[[user]:password@]host",
                "REDIS_URL; redis-cluster://a/1; redis://[[user]:password@]host",
                "REDIS_PREFIX; a b; letters, digits",
                "HISTORY; chat:; prefix=size/time",
                "HISTORY; chat:=0/1m; prefix=size/time",
                "HISTORY; chat:=100001/1m; prefix=size/time",
                "HISTORY; chat:=1/1; prefix=size/time",
                "HISTORY; chat:=1/99ms; prefix=size/time",
                "HISTORY; chat:=1/721h; prefix=size/time",
                "HISTORY; =1/1m; prefix=size/time",
                "HISTORY; a b=1/1m; prefix=size/time",
                "HISTORY; 'a=1/1m,a=2/1m'; each prefix once",
                "JWT_SECRET; short; 32",
                "JWT_ISSUERS; https://id.example.com; issuer=address",
                "JWT_ISSUERS; =https://id.example.com/jwks.json; issuer=address",
                "JWT_ISSUERS; a=ftp://id.example.com/jwks.json; issuer=address",
                "JWT_ISSUERS; a=https:///jwks.json; issuer=address",
                "JWT_ISSUERS; a=https://u:p@id.example.com/jwks.json; issuer=address",
                "JWT_ISSUERS; 'a=https://b/1,a=https://b/2'; given twice",
                "JWT_PUBLIC_KEY_FILE; /does/not/exist; a file that can be read",
                "JWT_AUDIENCE; ','; no name",
                "GRANTS; 'user:{sub}:*'; subscribe, publish",
                "GRANTS; 'user:{sub=subscribe'; no channel",
                "API_KEYS; ''; not set",
            })
    void parse_isRefused_whenAValueIsWrong(String setting, String value, String expected) {
        assertThat(problems(setting, value))
                .anySatisfy(problem -> assertThat(problem).startsWith(setting).contains(expected));
    }

    @Test
    void theLongestMatchingPrefix_applies() throws Exception {
        HistoryConfig history =
                parse("HISTORY", " chat:=100/10m, chat:vip:=1000/1h,*=5/1s ").history();

        assertThat(history.of("chat:lobby")).isEqualTo(new HistoryConfig.Rule("chat:", 100, Duration.ofMinutes(10)));
        assertThat(history.of("chat:vip:a")).isEqualTo(new HistoryConfig.Rule("chat:vip:", 1000, Duration.ofHours(1)));
        assertThat(history.of("chat")).isEqualTo(new HistoryConfig.Rule("", 5, Duration.ofSeconds(1)));
        assertThat(parse("HISTORY", "").history().of("chat:lobby")).isNull();
    }

    @Test
    void parse_listsEveryProblem() {
        List<String> problems = problems(
                "PORT",
                "x",
                "BASE_PATH",
                "y",
                "AUTH_TIMEOUT",
                "z",
                "LOG_LEVEL",
                "w",
                "JWT_SECRET",
                "",
                "HISTORY",
                "a=1");

        assertThat(problems).hasSize(6);
        assertThat(String.join("\n", problems))
                .contains("PORT", "BASE_PATH", "AUTH_TIMEOUT", "LOG_LEVEL", "JWT_SECRET", "HISTORY");
    }

    @Test
    void message_holdsEveryProblem() {
        InvalidConfigException refused =
                catchThrowableOfType(InvalidConfigException.class, () -> parse("PORT", "x", "LOG_LEVEL", "w"));

        assertThat(refused).hasMessageContainingAll(refused.problems().toArray(new String[0]));
    }

    @Test
    void message_holdsNoSecret() {
        InvalidConfigException refused = catchThrowableOfType(
                InvalidConfigException.class, () -> parse("JWT_SECRET", "hunter2", "REDIS_URL", "redis://u:hunter2@h"));

        assertThat(refused.getMessage()).doesNotContain("hunter2");
    }

    @Test
    void secrets_areReadFromTheirFiles(@TempDir Path folder) throws Exception {
        Path secret = Files.writeString(folder.resolve("jwt"), SECRET + "2\n" + SECRET + "\n");
        Path keys = Files.writeString(folder.resolve("keys"), "one\ntwo");

        GatewayConfig config = parse(
                "JWT_SECRET",
                "",
                "JWT_SECRET_FILE",
                secret.toString(),
                "API_KEYS",
                "",
                "API_KEYS_FILE",
                keys.toString());

        assertThat(config.auth().jwtSecrets()).containsExactly(SECRET + "2", SECRET);
        assertThat(config.auth().apiKeys()).containsExactly("one", "two");
        assertThat(config.secretFiles().jwtSecret()).isEqualTo(secret);
        assertThat(config.secretFiles().apiKeys()).isEqualTo(keys);
        assertThat(parse().secretFiles().areNone()).isTrue();
    }

    @Test
    void secret_isNotNeeded_whenAnIssuerSigns(@TempDir Path folder) throws Exception {
        Path pem = Files.writeString(
                folder.resolve("keys.pem"), SigningKey.ed25519("").pem());
        String address = "https://id.example.com/keys?p=a=https://b";

        GatewayConfig issuers = parse("JWT_SECRET", "", "JWT_ISSUERS", "https://id.example.com/=" + address);
        assertThat(issuers.auth().tokens().issuers())
                .containsExactly(new Issuer("https://id.example.com/", URI.create(address)));
        assertThat(parse("JWT_SECRET", "", "JWT_PUBLIC_KEY_FILE", pem.toString())
                        .auth()
                        .tokens()
                        .publicKeys())
                .hasSize(1);
        assertThat(problems("JWT_SECRET", "", "JWT_PUBLIC_KEY_FILE", "")).hasSize(1);
        assertThat(parse("JWT_AUDIENCE", "a, b").auth().tokens().audiences()).containsExactly("a", "b");
    }

    @Test
    void fileOfPublicKeys_isRefused_withOneThatIsNone(@TempDir Path folder) throws Exception {
        Path empty = Files.writeString(folder.resolve("empty.pem"), "x");
        Path secret = Files.writeString(
                folder.resolve("private.pem"), SigningKey.ed25519("").privatePem());

        assertThat(problems("JWT_SECRET", "", "JWT_PUBLIC_KEY_FILE", empty.toString()))
                .singleElement()
                .asString()
                .startsWith("JWT_PUBLIC_KEY_FILE: no public key in it");
        assertThat(problems("JWT_PUBLIC_KEY_FILE", secret.toString()))
                .singleElement()
                .asString()
                .startsWith("JWT_PUBLIC_KEY_FILE: key 1 of 1 is a private key");
    }

    @Test
    void secrets_areRefused_whenTheirFileIsUnusable(@TempDir Path folder) throws Exception {
        Path weak = Files.writeString(folder.resolve("weak"), "hunter2");
        Path empty = Files.writeString(folder.resolve("empty"), "\n");
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff});

        assertThat(problems("JWT_SECRET", "", "JWT_SECRET_FILE", weak.toString()))
                .singleElement()
                .asString()
                .startsWith("JWT_SECRET: secret 1 of 1 is 7 bytes")
                .doesNotContain("hunter2");
        assertThat(problems("API_KEYS", "", "API_KEYS_FILE", empty.toString()))
                .singleElement()
                .asString()
                .startsWith("API_KEYS: not set");
        assertThat(problems("API_KEYS", "", "API_KEYS_FILE", binary.toString()))
                .containsExactly("API_KEYS_FILE: " + binary + ": not UTF-8");
        assertThat(problems("JWT_SECRET", "", "JWT_SECRET_FILE", "/does/not/exist"))
                .containsExactly("JWT_SECRET_FILE: /does/not/exist (expected: a file that can be read)");
        assertThat(problems("API_KEYS", "key", "API_KEYS_FILE", weak.toString()))
                .containsExactly("API_KEYS_FILE: set together with API_KEYS (expected: one of them)");
    }

    @Test
    void tls_isRefused_whenOnlyOneOfTheTwoFilesIsSet(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("x.pem"), "");

        assertThat(problems("TLS_CERT", file.toString()))
                .singleElement()
                .asString()
                .startsWith("TLS_KEY: not set");
        assertThat(problems("TLS_KEY", file.toString()))
                .singleElement()
                .asString()
                .startsWith("TLS_CERT: not set");
    }

    @Test
    void proxyProtocol_isRefused_whenNoProxyIsTrusted() throws Exception {
        assertThat(problems("PROXY_PROTOCOL", "true"))
                .singleElement()
                .asString()
                .startsWith("TRUSTED_PROXIES: not set");
        assertThat(parse("PROXY_PROTOCOL", "true", "TRUSTED_PROXIES", "10.0.0.0/8")
                        .http()
                        .proxyProtocol())
                .isTrue();
        assertThat(parse("TRUSTED_PROXIES", "10.0.0.0/8").http().proxyProtocol())
                .as("by default")
                .isFalse();
    }

    @Test
    void tls_isTaken_whenBothFilesCanBeRead(@TempDir Path folder) throws Exception {
        Path cert = Files.writeString(folder.resolve("cert.pem"), "");
        Path key = Files.writeString(folder.resolve("key.pem"), "");

        GatewayConfig config = parse("TLS_CERT", cert.toString(), "TLS_KEY", key.toString());

        assertThat(config.http().tlsCert()).isEqualTo(cert);
        assertThat(config.http().tlsKey()).isEqualTo(key);
    }

    @Test
    void withConsole_changesNothingElse() throws Exception {
        GatewayConfig config = parse();

        assertThat(config.withConsole().http().console()).isTrue();
        assertThat(config.withConsole()).isNotEqualTo(config);
        assertThat(config.withConsole().auth()).isEqualTo(config.auth());
    }

    @Test
    void defaults_areValid() throws Exception {
        Map<String, String> explicit = new HashMap<>();
        for (Setting setting : Setting.values()) {
            explicit.put(setting.name(), setting.defaultValue());
        }
        explicit.put("JWT_SECRET", SECRET);
        explicit.put("API_KEYS", "key");

        assertThat(GatewayConfig.parse(explicit)).isEqualTo(parse());
    }

    private static GatewayConfig parse(String... settings) throws InvalidConfigException {
        Map<String, String> map = new HashMap<>(Map.of("JWT_SECRET", SECRET, "API_KEYS", "key", "PATH", "/usr/bin"));
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return GatewayConfig.parse(map);
    }

    private static List<String> problems(String... settings) {
        return catchThrowableOfType(InvalidConfigException.class, () -> parse(settings))
                .problems();
    }
}
