package dev.broadcaster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A node starts and works with a value at the end of its range; a value beyond it is refused as a wrong setting. */
@Tag("black-box")
final class SettingExtremesTest {
    private static final Pattern RANGE = Pattern.compile("from (-?[0-9]+[a-z]*) to ([0-9]+[a-z]*)\\)");
    private static final Pattern DURATION = Pattern.compile("([0-9]+)([a-z]+)");
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Values that are neither a number nor a time. */
    private static final List<String> NEVER =
            List.of("-1", "+", "1e3", "0x1", "1 000", "99999999999999999999", "NaN", "1.5", "é");

    private static final List<String> NEVER_TIMES =
            List.of("-1s", "1", "s", "1d", "1.5s", "9999999999h", "1s1s", "1 s");

    /** The settings that have a range, according to their error messages. */
    static Stream<Setting> ranges() {
        return Stream.of(Setting.values())
                .filter(setting -> List.of("number", "bytes", "duration").contains(setting.unit()));
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void ends_ofTheRange_startANode(Setting setting) throws Exception {
        Range range = range(setting);

        assertServes(Map.of(setting.name(), range.min()), setting + "=" + range.min());
        if (setting == Setting.PING_INTERVAL) { // has to be less than IDLE_TIMEOUT, whatever its value
            assertServes(Map.of("PING_INTERVAL", "23h", "IDLE_TIMEOUT", range.max()), "PING_INTERVAL=23h");
        } else {
            assertServes(Map.of(setting.name(), range.max()), setting + "=" + range.max());
        }
    }

    @Test
    void allMaximums_andAllMinimums_startANode() throws Exception {
        Map<String, String> least = new HashMap<>();
        Map<String, String> most = new HashMap<>();
        for (Setting setting : ranges().toList()) {
            least.put(setting.name(), range(setting).min());
            most.put(setting.name(), range(setting).max());
        }
        for (Map<String, String> all : List.of(least, most)) {
            all.put("PORT", "0");
            all.put("MANAGEMENT_PORT", "0");
            all.remove("PING_INTERVAL"); // has to be less than IDLE_TIMEOUT
            assertServes(all, all.toString());
        }
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void values_beyondTheRange_areRefused(Setting setting) {
        Range range = range(setting);
        for (String value : List.of(range.beforeMin(), range.afterMax())) {
            assertThat(problems(setting, value)).as("%s=%s", setting, value).hasSize(1);
        }
        for (String value : setting.unit().equals("duration") ? NEVER_TIMES : NEVER) {
            assertThat(problems(setting, value))
                    .as("%s=%s", setting, value)
                    .singleElement()
                    .asString()
                    .startsWith(setting.name())
                    .contains("expected: ");
        }
    }

    /** A valid value that cannot be used on this machine causes an IOException: one line, no stack trace. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "HOST; 256.256.256.256",
                "HOST; [::1",
                "HOST; :::",
                "HOST; ::1%nothing",
                "HOST; 192.0.2.1",
                "MANAGEMENT_HOST; 999.1.1.1",
            })
    void address_thatCannotBeBound_isAnIoException(String name, String value) {
        assertThatThrownBy(() -> start(Map.of(name, value)).close())
                .isInstanceOf(UncheckedIOException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    static final List<String> FILES =
            List.of("", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

    @ParameterizedTest
    @FieldSource("FILES")
    void invalidCertificate_isAnIoException(String content, @TempDir Path folder) throws Exception {
        String file = Files.writeString(folder.resolve("x.pem"), content).toString();

        assertThatThrownBy(
                        () -> start(Map.of("TLS_CERT", file, "TLS_KEY", file)).close())
                .isInstanceOf(UncheckedIOException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    static final List<String> OTHERS = List.of(
            "REDIS_URL=redis://127.0.0.1:0",
            "REDIS_URL=redis://127.0.0.1:65536",
            "REDIS_URL=redis://127.0.0.1:-1",
            "REDIS_URL=redis://127.0.0.1:99999999999",
            "REDIS_URL=redis://127.0.0.1/99999999999",
            "REDIS_URL=redis://127.0.0.1/-1",
            "REDIS_URL=redis-cluster://127.0.0.1:70000,127.0.0.1:1",
            "REDIS_URL=redis-sentinel://127.0.0.1:70000/master",
            "REDIS_URL=redis-sentinel://127.0.0.1:1/",
            "REDIS_PREFIX=" + "x".repeat(65),
            "BASE_PATH=/%2e",
            "ALLOWED_ORIGINS=https://a:99999999999",
            "HISTORY=a=999999/1m",
            "HISTORY=a=1/999999999h",
            "HISTORY=" + "x".repeat(201) + "=1/1m",
            "API_KEYS=" + "k".repeat(10_000),
            "API_KEYS=sha256:00",
            "COMPRESSION=1",
            "LOG_LEVEL=off",
            "LOG_ENCODING=JSONL");

    @ParameterizedTest
    @FieldSource("OTHERS")
    void otherValue_isRefused(String text) {
        String name = text.substring(0, text.indexOf('='));

        assertThat(problems(Setting.valueOf(name), text.substring(name.length() + 1)))
                .as(text)
                .singleElement()
                .asString()
                .startsWith(name);
    }

    static final List<String> LARGE = List.of(
            "REDIS_URL=redis://127.0.0.1:1/999",
            "REDIS_PREFIX=" + "x".repeat(64),
            "BASE_PATH=/" + "x".repeat(1000),
            "HISTORY=*=100000/720h",
            "HISTORY=" + "x".repeat(200) + "=1/100ms",
            "JWT_SECRET=" + "s".repeat(100_000),
            "ALLOWED_ORIGINS=" + "https://a.example,".repeat(1000));

    @ParameterizedTest
    @FieldSource("LARGE")
    void largestValue_startsANode(String text) throws Exception {
        String name = text.substring(0, text.indexOf('='));

        assertServes(Map.of(name, text.substring(name.length() + 1)), name);
    }

    // ---- ranges

    private record Range(String min, String max) {
        String beforeMin() {
            return min.startsWith("0") ? "-1" + unit(min) : step(min, -1);
        }

        String afterMax() {
            return step(max, 1);
        }

        private static String unit(String value) {
            return value.replaceAll("[0-9]", "");
        }

        private static String step(String value, int by) {
            String unit = unit(value);
            BigInteger number = new BigInteger(value.substring(0, value.length() - unit.length()));
            return number.add(BigInteger.valueOf(by)) + unit;
        }
    }

    private static Range range(Setting setting) {
        String problem = problems(setting, "x").get(0);
        Matcher matcher = RANGE.matcher(problem);
        assertThat(matcher.find()).as(problem).isTrue();
        if (setting.unit().equals("duration")) {
            assertThat(matcher.group(1)).matches(DURATION);
        }
        return new Range(matcher.group(1), matcher.group(2));
    }

    // ---- nodes

    private static void assertServes(Map<String, String> settings, String what) throws Exception {
        try (Gateway gateway = start(settings)) {
            HttpRequest health = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + gateway.managementPort() + "/health"))
                    .timeout(Duration.ofSeconds(20))
                    .build();
            assertThat(CLIENT.send(health, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .as(what)
                    .isEqualTo(200);
        }
    }

    private static Gateway start(Map<String, String> settings) throws InvalidConfigException {
        return Gateway.start(GatewayConfig.parse(with(settings)));
    }

    private static List<String> problems(Setting setting, String value) {
        InvalidConfigException refused = catchThrowableOfType(
                InvalidConfigException.class, () -> GatewayConfig.parse(with(Map.of(setting.name(), value))));
        assertThat(refused).as("%s=%s", setting, value).isNotNull();
        return refused.problems();
    }

    private static Map<String, String> with(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "HOST", "127.0.0.1",
                "PORT", "0",
                "MANAGEMENT_PORT", "0",
                "IO_THREADS", "1",
                "JWT_SECRET", "0123456789abcdef0123456789abcdef",
                "API_KEYS", "key"));
        all.putAll(settings);
        return all;
    }
}
