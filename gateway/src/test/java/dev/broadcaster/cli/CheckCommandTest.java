package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.testing.MadeCertificate;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Set-ups that work and set-ups that do not: each gets a line that says what to do. */
@Tag("redis")
@Timeout(120)
final class CheckCommandTest {
    private static RedisServer redis;

    @BeforeAll
    static void start() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    private static Run check(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "JWT_SECRET",
                "0123456789abcdef0123456789abcdef",
                "API_KEYS",
                "key",
                "PORT",
                "0",
                "MANAGEMENT_PORT",
                "0"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return Run.broadcaster(all, "", "check");
    }

    private static String url(String user) {
        return redis.url().replace("://", "://" + user + "@");
    }

    private static List<String> bad(Run run) {
        return run.out().lines().filter(line -> !line.startsWith("ok ")).toList();
    }

    private static void assertFails(Run run, String... words) {
        assertThat(run.exitCode()).as(run.out()).isEqualTo(ExitCode.FAILED);
        assertThat(bad(run)).singleElement().asString().startsWith("FAIL  ").contains(words);
    }

    @Test
    void aGoodSetUp_isOk() {
        Run run = check("REDIS_URL", redis.url(), "HISTORY", "a=10/1m");

        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(bad(run)).isEmpty();
        assertThat(run.out())
                .contains("Redis 7.", " ms", "noeviction", "client-output-buffer-limit pubsub", "is allowed");
        assertThat(redis.command("KEYS", "broadcaster:*")).as("they expire").isInstanceOf(List.class);
    }

    @Test
    void aNodeWithoutRedis_isOk() {
        Run run = check();

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("REDIS_URL: not set");
    }

    @Test
    void wrongSettings_areNamed_andNothingIsTried() {
        Run run = check("JWT_SECRET", "short", "PORT", "x");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(bad(run)).hasSize(2).allMatch(line -> line.startsWith("FAIL  settings: "));
    }

    @Test
    void options_areThoseOfServe_andWinOverTheEnvironment() {
        Run run = Run.broadcaster(Map.of("PORT", "first"), "", "check", "--port=second", "--dev");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(bad(run)).singleElement().asString().startsWith("FAIL  settings: PORT: second");
    }

    @Test
    void aDevelopmentNode_isOk_withoutASetting() {
        Run run = Run.broadcaster("check", "--dev", "--port=0", "--management-port=0", "--redis-url=" + redis.url());

        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.out()).contains("is allowed");
        assertThat(bad(run)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "PORT, 1, --prot=8000",
        "JWT_SECRETS, x, --dev",
        "PORT, 1, --dev --host=0.0.0.0",
        "API_KEYS, insecure-development-key, --port=8000",
        "PORT, 1, --port=x surplus"
    })
    void check_refusesWhatServeRefuses(String variable, String value, String options) {
        Map<String, String> environment = Map.of(variable, value, "BASE_PATH", "x");
        Run served = Run.broadcaster(environment, "", ("serve " + options).split(" "));
        Run checked = Run.broadcaster(environment, "", ("check " + options).split(" "));

        assertThat(checked.exitCode()).isEqualTo(served.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(checked.out().lines().map(line -> line.replace("FAIL  settings: ", "")))
                .containsExactlyElementsOf(
                        served.err().lines().skip(1).map(String::strip).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--api-key=of-a-server", "--api-key of-a-server"})
    void aValueOfAMisspeltOption_isNotShown(String option) {
        for (String command : List.of("serve ", "check ")) {
            Run run = Run.broadcaster((command + option).split(" "));

            assertThat(run.out() + run.err())
                    .contains("--api-key: unknown (did you mean --api-keys?)")
                    .doesNotContain("of-a-server");
        }
    }

    @Test
    void aTakenPort_isRefused_withTheOptionThatNamesAnother() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(other.getLocalPort());
            assertFails(check("HOST", "127.0.0.1", "PORT", port), "127.0.0.1:" + port, "in use", "--port or PORT");
        }
    }

    @Test
    void portsOfARunningNode_areWarnings() throws Exception {
        try (TestNode node = TestNode.start(Map.of())) {
            Run run = check(
                    "HOST",
                    "127.0.0.1",
                    "PORT",
                    Integer.toString(node.gateway().port()),
                    "MANAGEMENT_PORT",
                    Integer.toString(node.gateway().managementPort()));

            assertThat(run.exitCode()).as(run.out()).isZero();
            assertThat(bad(run)).hasSize(2).allMatch(line -> line.contains("a node runs with this MANAGEMENT_PORT"));
        }
    }

    @Test
    void aKeyOfAnotherCertificate_isRefused(@TempDir Path folder) throws Exception {
        String certificate = MadeCertificate.make("node", "EC", null).pem();
        String key = MadeCertificate.make("other", "EC", null).pkcs8();

        Run run = check(
                "TLS_CERT",
                Files.writeString(folder.resolve("chain.pem"), certificate).toString(),
                "TLS_KEY",
                Files.writeString(folder.resolve("key.pem"), key).toString());
        assertFails(run, "TLS_CERT and TLS_KEY", "do not belong together");
    }

    @Test
    void anIssuerThatDoesNotAnswer_isNamed() {
        assertFails(
                check("JWT_ISSUERS", "https://id.example.com=http://127.0.0.1:1/jwks"),
                "https://id.example.com",
                "http://127.0.0.1:1/jwks: no server listens there",
                "correct the address");
    }

    @Test
    void noRedis_isRefused() {
        assertFails(check("REDIS_URL", "redis://127.0.0.1:1"), "refused", "start it, or correct host and port");
    }

    @Test
    void aWrongPassword_isRefused() {
        assertFails(check("REDIS_URL", url("nobody:wrong")), "WRONGPASS", "correct user and password");
    }

    @Test
    void aWrongDatabase_isRefused() {
        assertFails(check("REDIS_URL", redis.url().replaceFirst("/0$", "/99")), "DB index", "correct the number");
    }

    @Test
    void oneServerAsACluster_isRefused() {
        assertFails(
                check(
                        "REDIS_URL",
                        redis.url().replace("redis:", "redis-cluster:").replaceFirst("/0$", "")),
                "use redis: in REDIS_URL");
    }

    @Test
    void aUserWithoutARight_getsTheWordsThatGrantIt() {
        redis.command(("ACL SETUSER few reset on >p +hello +evalsha +script|load +get +set +mget +ping +time +del"
                        + " +pexpire +xrange +xrevrange +info +hset +hget +hgetall +hdel +publish +subscribe +unsubscribe ~broadcaster:{*}:o:*"
                        + " ~broadcaster:{*}:h:*")
                .split(" "));

        Run run = check("REDIS_URL", url("few:p"), "HISTORY", "a=10/1m");
        assertFails(run, "ACL SETUSER <user> ~broadcaster:{*}:k:* ~broadcaster:{*}:c:* +xadd &broadcaster:{*}:m:*");
        assertThat(run.out()).contains("client-output-buffer-limit cannot be read");
    }

    @Test
    void aReplica_isRefused() {
        redis.command("REPLICAOF", "127.0.0.1", "1");
        try {
            assertFails(check("REDIS_URL", redis.url()), "a replica", "name its master");
        } finally {
            redis.command("REPLICAOF", "NO", "ONE");
        }
    }

    @Test
    void aFullRedis_isRefused_withOneReason() {
        redis.command("CONFIG", "SET", "maxmemory", "1");
        try {
            Run run = check("REDIS_URL", redis.url(), "HISTORY", "a=10/1m");
            assertFails(run, "+set ", " more: OOM command not allowed", "raise maxmemory");
            assertThat(bad(run).get(0).split("OOM", -1)).hasSize(2);
        } finally {
            redis.command("CONFIG", "SET", "maxmemory", "0");
        }
    }

    @Test
    void evictionAndSmallBuffers_areWarnings() {
        redis.command("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru");
        redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1048576 0 0");
        try {
            Run run = check("REDIS_URL", redis.url());

            assertThat(run.exitCode()).isZero();
            assertThat(bad(run)).hasSize(2).allMatch(line -> line.startsWith("WARN  Redis 127.0.0.1:"));
            assertThat(run.out())
                    .contains(
                            "config set maxmemory-policy noeviction", "config set client-output-buffer-limit 'pubsub");
        } finally {
            redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 33554432 8388608 60");
            redis.command("CONFIG", "SET", "maxmemory", "0", "maxmemory-policy", "noeviction");
        }
    }
}
