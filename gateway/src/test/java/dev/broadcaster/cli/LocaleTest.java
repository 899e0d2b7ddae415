package dev.broadcaster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process in the locale of most containers and services. The shell makes the bytes of ü. */
@Tag("black-box")
@Timeout(120)
@EnabledOnOs(OS.LINUX)
final class LocaleTest {
    private record Result(int exitCode, String out, String err) {}

    @TempDir
    private Path folder;

    /** Runs {@code script}, in which {@code broadcaster} is the program and {@code $u} is ü. */
    private Result run(String script) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder shell = new ProcessBuilder(List.of(
                        "/bin/sh",
                        "-c",
                        "u=$(printf '\\303\\274'); broadcaster() { exec \"$JAVA\" -XX:+UseSerialGC"
                                + " -XX:TieredStopAtLevel=1 dev.broadcaster.cli.Main \"$@\"; }; " + script))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        shell.environment().put("LC_ALL", "C");
        shell.environment().put("JAVA", java);
        shell.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        shell.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JWT_SECRET"));
        Process process = shell.start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Result(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
    }

    @Test
    void argument_isUtf8() throws Exception {
        Result token = run("broadcaster token --dev --sub j${u}rgen --channels a");

        assertThat(token.err()).isEmpty();
        assertThat(token.exitCode()).isZero();
        String claims = token.out().split("\\.")[1];
        assertThat(new String(Base64.getUrlDecoder().decode(claims), UTF_8)).contains("\"jürgen\"");
    }

    @Test
    void setting_andOutput_areUtf8() throws Exception {
        Result serve = run("export LOG_LEVEL=l${u}ud; broadcaster serve --dev");

        assertThat(serve.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(serve.err()).contains("LOG_LEVEL: lüud (expected: ");
    }

    @Test
    void otherBytes_areRefused() throws Exception {
        Result token = run("broadcaster token --dev --sub \"$(printf 'j\\374rgen')\" --channels a");
        Result serve = run("export HOST=$(printf '\\374'); broadcaster serve --dev");

        assertThat(token.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(token.err()).isEqualTo("broadcaster: argument 4: not UTF-8\n");
        assertThat(token.out()).isEmpty();
        assertThat(serve.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(serve.err()).isEqualTo("broadcaster: HOST: not UTF-8\n");
    }
}
