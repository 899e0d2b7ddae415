package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@Tag("black-box")
final class HealthCommandTest {
    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "[::]", "127.0.0.1", ""})
    void nodeOfTheEnvironment_isAskedOnItsManagementPort(String host) throws Exception {
        try (TestNode node = TestNode.start(Map.of())) {
            Map<String, String> environment = Map.of(
                    "MANAGEMENT_PORT", Integer.toString(node.gateway().managementPort()), "MANAGEMENT_HOST", host);

            Run health = Run.broadcaster(environment, "", "health");
            Run ready = Run.broadcaster(environment, "", "health", "--ready");

            assertThat(health.err()).isEmpty();
            assertThat(health.out()).isEqualTo("ok\n");
            assertThat(health.exitCode()).isZero();
            assertThat(ready.exitCode()).isZero();
        }
    }

    /** A Service called management gives this variable to every container beside it. */
    @Test
    void serviceLink_isNotThePortOfTheNode() {
        StringWriter out = new StringWriter();
        Terminal terminal = new Terminal(
                Map.of("MANAGEMENT_PORT", "tcp://10.96.0.7:80"),
                InputStream.nullInputStream(),
                new PrintWriter(out),
                new PrintWriter(out));

        assertThat(terminal.setting(Setting.MANAGEMENT_PORT)).isEqualTo("8001");
    }

    @Test
    void url_namesANodeOnItsPublicPort() throws Exception {
        try (TestNode node = TestNode.start(Map.of())) {
            assertThat(Run.broadcaster("health", "--url", node.url()).exitCode())
                    .isZero();
            assertThat(Run.broadcaster("health", "--ready", "--url", node.url()).exitCode())
                    .isZero();
        }
    }

    @Test
    void nodeWithoutItsRedis_isLive_andNotReady() throws Exception {
        Map<String, String> settings = Map.of("REDIS_URL", "redis://127.0.0.1:" + closedPort());
        try (TestNode node = TestNode.start(settings)) {
            assertThat(Run.broadcaster("health", "--url", node.url()).exitCode())
                    .isZero();

            Run ready = Run.broadcaster("health", "--ready", "--url", node.url());

            assertThat(ready.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(ready.err()).startsWith("503 {");
            assertThat(ready.out()).isEmpty();
        }
    }

    @Test
    void health_fails_withoutAServer() throws Exception {
        Run run = Run.broadcaster(Map.of("MANAGEMENT_PORT", Integer.toString(closedPort())), "", "health");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("no answer from http://127.0.0.1:");
    }

    @Test
    void silentNode_isNotHealthy_withinSeconds() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "http://127.0.0.1:" + silent.getLocalPort();

            CompletableFuture<Run> run = OwnThread.supply(() -> Run.broadcaster("health", "--url", url));

            await().until(run::isDone);
            assertThat(run.get().exitCode()).isEqualTo(ExitCode.FAILED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "[::1]"})
    void ipv6Address_isAsked_withAndWithoutBrackets(String host) throws Exception {
        String port = Integer.toString(closedPort());

        Run run = Run.broadcaster(Map.of("MANAGEMENT_PORT", port, "MANAGEMENT_HOST", host), "", "health");

        assertThat(run.err()).startsWith("no answer from http://[::1]:" + port + "/health");
        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void wrongAddress_isWrongUse() {
        assertThat(Run.broadcaster(Map.of("MANAGEMENT_PORT", "x"), "", "health").exitCode())
                .isEqualTo(ExitCode.USAGE);
        assertThat(Run.broadcaster("health", "--url", "8001").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
