package dev.broadcaster.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.GatewayConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and the unit of the archive: {@code ops/distribution}. The launcher runs with a java that prints. */
class DistributionTest {
    private static final Path DISTRIBUTION = OpsFiles.OPS.resolve("distribution");

    @TempDir
    Path folder = Path.of("");

    private Path launcher = Path.of("");

    private record Result(int exitCode, String output) {}

    @BeforeEach
    void install() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("the archive/bin"));
        launcher = Files.copy(DISTRIBUTION.resolve("bin/broadcaster"), bin.resolve("broadcaster"));
        Path java = Files.createDirectories(folder.resolve("a jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void launcher_passesItsArgumentsToTheJar_andReturnsItsExitCode() throws Exception {
        Result result = run(launcher, javaHome(), "publish", "chat:lobby", "a b", "");

        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.output().lines())
                .endsWith("-jar", jar(), "publish", "chat:lobby", "a b", "")
                .contains("-XX:+UseSerialGC");
    }

    @Test
    void launcher_findsTheJar_throughLinks() throws Exception {
        Path version = Files.createSymbolicLink(folder.resolve("current"), Path.of("the archive"));
        Path absolute = Files.createSymbolicLink(folder.resolve("absolute"), version.resolve("bin/broadcaster"));
        Path relative = Files.createSymbolicLink(folder.resolve("relative"), Path.of("absolute"));

        Result result = run(relative, javaHome(), "serve");

        assertThat(result.output().lines())
                .endsWith("-jar", folder.resolve("current/lib/broadcaster.jar").toString(), "serve");
        assertThat(result.output()).contains("-XX:+ExitOnOutOfMemoryError");
    }

    @Test
    void launcher_namesWhatIsMissing_withoutJava() throws Exception {
        Result result = run(launcher, Map.of("JAVA_HOME", "/nowhere"), "serve");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output())
                .isEqualTo("broadcaster: no /nowhere/bin/java (expected: Java 17 or newer, on the PATH"
                        + " or in JAVA_HOME)\n");
    }

    @Test
    void environmentOfTheUnit_startsANode_thatEndsBeforeItIsKilled() throws Exception {
        Map<String, String> settings =
                new HashMap<>(Files.readAllLines(DISTRIBUTION.resolve("systemd/broadcaster.env")).stream()
                        .filter(line -> line.matches("#?[A-Z_]+=.*"))
                        .map(line -> line.replace("#", ""))
                        .collect(Collectors.toMap(line -> line.split("=", 2)[0], line -> line.split("=", 2)[1])));
        assertThat(settings.remove("JDK_JAVA_OPTIONS")).isNotNull();
        for (String name : List.of("JWT_SECRET_FILE", "API_KEYS_FILE")) {
            assertThat(settings.get(name)).startsWith("/etc/broadcaster/");
            settings.put(
                    name,
                    Files.writeString(folder.resolve(name), "x".repeat(40)).toString());
        }

        GatewayConfig config = GatewayConfig.parse(settings);

        Map<String, String> unit = unit();
        assertThat(Long.parseLong(unit.get("TimeoutStopSec")))
                .isGreaterThanOrEqualTo(config.drainTimeout().toSeconds() + 10);
        assertThat(unit)
                .containsEntry("ExecStart", "/opt/broadcaster/bin/broadcaster serve")
                .containsEntry("EnvironmentFile", "/etc/broadcaster/broadcaster.env")
                .containsEntry("RestartPreventExitStatus", "2");
        assertThat(Integer.parseInt(unit.get("LimitNOFILE"))).isGreaterThan(100_000);
    }

    private static Map<String, String> unit() throws IOException {
        Map<String, String> unit = new HashMap<>();
        for (String line : Files.readAllLines(DISTRIBUTION.resolve("systemd/broadcaster.service"))) {
            int equals = line.indexOf('=');
            if (equals > 0 && !line.startsWith("#")) {
                unit.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return unit;
    }

    private String jar() {
        return folder.resolve("the archive/lib/broadcaster.jar").toString();
    }

    private Map<String, String> javaHome() {
        return Map.of("JAVA_HOME", folder.resolve("a jdk").toString());
    }

    private static Result run(Path command, Map<String, String> environment, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of("/bin/sh", command.toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), output);
    }
}
