package dev.broadcaster.fleet;

import static dev.broadcaster.fleet.Program.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Tokens;
import dev.broadcaster.testing.NodeProcess;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The image for an operator: unprivileged user, nothing writable, signals, health, memory. */
@Timeout(180)
final class ContainerImageIT {
    private static final String SETTINGS = "JWT_SECRET=" + Tokens.SECRET;
    private static final String KEYS = "API_KEYS=" + NodeProcess.API_KEY;

    private String container = "";

    @AfterEach
    void remove() {
        if (!container.isEmpty()) {
            docker("rm", "--force", container);
        }
    }

    @Test
    void node_works_withAnUnprivilegedUserAndAReadOnlyRoot() {
        start("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges");

        awaitLog("listens on");
        assertThat(docker("exec", container, "cat", "/proc/1/status")).containsPattern("Uid:\\s+10001\\s+10001");
        assertThat(docker("exec", container, "cat", "/proc/1/comm")).isEqualTo("java");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> inspect("{{.State.Health.Status}}").equals("healthy"));
    }

    @Test
    void sigterm_reachesTheNode_andEndsItWith0() {
        start("--read-only", "--env=DRAIN_TIMEOUT=1s");
        awaitLog("listens on");

        docker("kill", "--signal=TERM", container);

        await().atMost(Duration.ofSeconds(20))
                .until(() -> inspect("{{.State.Running}}").equals("false"));
        assertThat(inspect("{{.State.ExitCode}}")).isEqualTo("0");
        assertThat(docker("logs", container)).contains("Draining");
    }

    @Test
    void heap_followsTheLimitOfTheContainer() {
        start("--memory=300m");
        awaitLog("listens on");

        String flags = docker("exec", container, "sh", "-c", "java @/opt/broadcaster/jvm.options -XX:+PrintFlagsFinal --version");

        assertThat(flags).containsPattern("MaxHeapSize += 18\\d{7} ");
        assertThat(flags).containsPattern("ExitOnOutOfMemoryError += true");
    }

    @Test
    void archiveOfClasses_isUsed() {
        start("--env=JDK_JAVA_OPTIONS=-XX:AOTMode=on"); // ends when it cannot be used

        awaitLog("listens on");
        assertThat(docker("logs", container)).doesNotContain("[aot]");
    }

    @Test
    void otherCommands_areReachedByTheirName() {
        String token = docker(
                "run", "--rm", "--read-only", "--env", SETTINGS, GatewayImage.name(), "token", "--sub=a", "--channels=*");

        assertThat(token).matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+");
    }

    @Test
    void developmentNode_isReached_byTheCommandsInItsContainer() {
        container = docker("run", "--detach", GatewayImage.name(), "serve", "--dev");
        awaitLog("listens on");

        docker("exec", container, "broadcaster", "publish", "--dev", "demo", "greeting", "{\"text\":\"hello\"}");

        assertThat(docker("exec", container, "broadcaster", "history", "--dev", "demo"))
                .endsWith("greeting\t{\"text\":\"hello\"}");
    }

    @Test
    void missingSettings_endItWith2_andAreTold() {
        container = docker("run", "--detach", GatewayImage.name());

        await().atMost(Duration.ofSeconds(20))
                .until(() -> inspect("{{.State.Running}}").equals("false"));
        assertThat(inspect("{{.State.ExitCode}}")).isEqualTo("2");
        assertThat(docker("logs", container)).contains("JWT_SECRET", "API_KEYS");
    }

    private void start(String... options) {
        container = docker(concat(options));
    }

    private static String[] concat(String... options) {
        return Stream.of(
                        Stream.of("run", "--detach", "--env", SETTINGS, "--env", KEYS),
                        Stream.of(options),
                        Stream.of(GatewayImage.name()))
                .flatMap(words -> words)
                .toArray(String[]::new);
    }

    private void awaitLog(String text) {
        await().atMost(Duration.ofSeconds(30)).until(() -> docker("logs", container)
                .contains(text));
    }

    private String inspect(String what) {
        return docker("inspect", "--format=" + what, container);
    }
}
