package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.broadcaster.testing.JarProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar as it is run: signals, exit codes, output. */
@Timeout(120)
final class ServeIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Map<String, String> SETTINGS = Map.of(
            "PORT", "0",
            "MANAGEMENT_PORT", "0",
            "HOST", "127.0.0.1",
            "JWT_SECRET", "0123456789abcdef0123456789abcdef",
            "API_KEYS", "key");

    @Test
    void sigterm_closesEveryClientWith1001_andEndsWith0() throws Exception {
        try (JarProcess node = JarProcess.run(with("DRAIN_TIMEOUT", "1s"), "serve")) {
            String url = node.awaitStart().url();
            List<CompletableFuture<Integer>> closes = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                closes.add(connect(url));
            }

            node.signal("TERM");

            for (CompletableFuture<Integer> close : closes) {
                assertThat(close.get(10, TimeUnit.SECONDS)).isEqualTo(1001);
            }
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
            assertThat(node.out()).anyMatch(line -> line.contains("Draining"));
            assertThat(node.err()).isEmpty();
        }
    }

    /** Log rotation and certificate tools send it; it ended the node without a drain. */
    @Test
    void sighup_changesNothing() throws Exception {
        try (JarProcess node = JarProcess.run(with("DRAIN_TIMEOUT", "100ms"), "serve")) {
            CompletableFuture<Integer> close = connect(node.awaitStart().url());

            node.signal("HUP");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> node.out().stream().anyMatch(line -> line.contains("SIGHUP: nothing to do")));
            assertThat(close).isNotDone();
            node.signal("TERM");

            assertThat(close.get(10, TimeUnit.SECONDS)).isEqualTo(1001);
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
        }
    }

    @Test
    void sigint_doesTheSame() throws Exception {
        try (JarProcess node = JarProcess.run(with("DRAIN_TIMEOUT", "100ms"), "serve")) {
            CompletableFuture<Integer> close = connect(node.awaitStart().url());

            node.signal("INT");

            assertThat(close.get(10, TimeUnit.SECONDS)).isEqualTo(1001);
            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
        }
    }

    @Test
    void secondSigterm_stopsAtOnce() throws Exception {
        try (JarProcess node = JarProcess.run(with("DRAIN_TIMEOUT", "10m"), "serve")) {
            String url = node.awaitStart().url();
            List<CompletableFuture<Integer>> closes = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                closes.add(connect(url));
            }
            HttpRequest ready = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + node.awaitStart().managementPort() + "/ready"))
                    .build();
            assertThat(status(ready)).isEqualTo(200);

            node.signal("TERM");
            await().until(() -> status(ready) == 503);
            assertThat(closes).as("spread over ten minutes").anyMatch(close -> !close.isDone());
            node.signal("TERM");

            assertThat(node.awaitExit(Duration.ofSeconds(5))).isZero();
            for (CompletableFuture<Integer> close : closes) {
                assertThat(close.get(5, TimeUnit.SECONDS)).isEqualTo(1001);
            }
        }
    }

    @Test
    void wrongSettings_endWith2_andAreAllListed() throws Exception {
        try (JarProcess node = JarProcess.run(
                Map.of("PORT", "x", "AUTH_TIMEOUT", "5", "REDIS_URL", "http://h", "HISTORY", "a=1"),
                "serve",
                "--base-path=y",
                "--unknown")) {
            assertThat(node.awaitExit(Duration.ofSeconds(20))).isEqualTo(2);
            assertThat(String.join("\n", node.err()))
                    .contains("PORT", "AUTH_TIMEOUT", "REDIS_URL", "HISTORY", "BASE_PATH", "--unknown", "JWT_SECRET");
            assertThat(node.out()).isEmpty();
        }
    }

    /** More processors than the hub accepts threads for. */
    @Test
    void manyProcessors_startWithTheLargestNumberOfThreads() throws Exception {
        try (JarProcess node =
                JarProcess.run(List.of("-XX:ActiveProcessorCount=192"), with("DRAIN_TIMEOUT", "0s"), "serve")) {
            String url = node.awaitStart().url();

            assertThat(node.out()).singleElement().asString().contains(" 64 I/O threads");
            assertThat(status(HttpRequest.newBuilder(URI.create(url + "/ready")).build()))
                    .isEqualTo(200);
        }
    }

    @Test
    void tooManyThreads_endWith2_andOneLine() throws Exception {
        try (JarProcess node = JarProcess.run(with("IO_THREADS", "65"), "serve")) {
            assertThat(node.awaitExit(Duration.ofSeconds(20))).isEqualTo(2);
            assertThat(node.err())
                    .containsExactly(
                            "broadcaster serve: cannot start with these settings:",
                            "  IO_THREADS: 65 (expected: a whole number from 0 to 64)");
            assertThat(node.out()).isEmpty();
        }
    }

    @Test
    void usedPort_endsWith1_andIsReported() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());
            try (JarProcess node = JarProcess.run(with("PORT", port), "serve")) {
                assertThat(node.awaitExit(Duration.ofSeconds(20))).isEqualTo(1);
                assertThat(String.join("\n", node.out()))
                        .contains("cannot listen on 127.0.0.1:" + port, "in use", "--port");
            }
        }
    }

    @Test
    void start_isOneLine() throws Exception {
        try (JarProcess node = JarProcess.run(with("IO_THREADS", "1"), "serve")) {
            node.awaitStart();

            assertThat(node.out())
                    .singleElement()
                    .asString()
                    .contains("Broadcaster ", "listens on 127.0.0.1:", "/broadcaster", "management on", "1 I/O thread");
            assertThat(node.err()).isEmpty();
        }
    }

    @Test
    void jsonLog_isOneObjectPerLine() throws Exception {
        try (JarProcess node = JarProcess.run(with("LOG_ENCODING", "json", "DRAIN_TIMEOUT", "0s"), "serve")) {
            node.awaitStart();
            node.signal("TERM");

            assertThat(node.awaitExit(Duration.ofSeconds(10))).isZero();
            assertThat(node.out()).hasSizeGreaterThan(1);
            for (String line : node.out()) {
                JsonNode json = ApiDocument.MAPPER.readTree(line);
                assertThat(json.get("severity").textValue()).isEqualTo("INFO");
                assertThat(Instant.parse(json.get("timestamp").textValue()))
                        .isBetween(Instant.now().minusSeconds(60), Instant.now());
                assertThat(json.get("message").textValue()).isNotEmpty();
            }
        }
    }

    @Test
    void dev_printsAnAddressATokenAndLinesThatWork() throws Exception {
        try (JarProcess node = JarProcess.run(Map.of(), "serve", "--dev", "--port=0", "--management-port=0")) {
            node.awaitStart();
            await().until(() -> node.out().stream().anyMatch(line -> line.contains("Subscribe ")));
            assertThat(String.join("\n", node.out())).contains("DEVELOPMENT", "public");
            String console = after(node, "Console ");
            String token = after(node, "Token ");
            assertThat(console)
                    .matches(
                            "http://127\\.0\\.0\\.1:\\d+/broadcaster/console/#token=" + token + "&key=.+&channel=demo");
            assertThat(status(HttpRequest.newBuilder(URI.create(console)).build()))
                    .isEqualTo(200);

            CompletableFuture<List<String>> subscribe = shell(after(node, "Subscribe ") + " --count 1 2>&1");
            // The output of the subscribing line is the only sign that it is ready, so publish until it has some.
            List<String> published = new ArrayList<>();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                published.addAll(shell(after(node, "Publish ")).get());
                return subscribe.isDone();
            });

            assertThat(published).allMatch(answer -> answer.contains("\"id\""));
            assertThat(subscribe.get()).anyMatch(line -> line.endsWith("demo\t1\tgreeting\t{\"text\":\"hello\"}"));
        }
    }

    /** The jar of a machine without Node: {@code -Dconsole.skip}. */
    @Test
    void dev_servesEverythingExceptTheConsole_whenTheJarWasBuiltWithoutIt(@TempDir Path folder) throws Exception {
        Path jar = Files.copy(JarProcess.JAR, folder.resolve("without-console.jar"));
        try (FileSystem entries = FileSystems.newFileSystem(jar)) {
            Files.delete(entries.getPath("dev", "broadcaster", "console", "broadcaster.js"));
        }
        try (JarProcess node =
                JarProcess.run(jar, List.of(), Map.of(), "serve", "--dev", "--port=0", "--management-port=0")) {
            String base = node.awaitStart().url();
            await().until(() -> node.out().stream().anyMatch(line -> line.contains("Console ")));
            assertThat(after(node, "Console ")).isEqualTo("not in this jar, which was built with -Dconsole.skip");

            HttpResponse<String> console = CLIENT.send(
                    HttpRequest.newBuilder(URI.create(base + "/console/")).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(console.statusCode()).isEqualTo(404);
            assertThat(console.body()).contains("built without the console");
            assertThat(status(HttpRequest.newBuilder(URI.create(base + "/console/app.js"))
                            .build()))
                    .isEqualTo(404);
            assertThat(status(
                            HttpRequest.newBuilder(URI.create(base + "/ready")).build()))
                    .isEqualTo(200);
        }
    }

    private static String after(JarProcess node, String label) {
        return node.out().stream()
                .map(String::strip)
                .filter(line -> line.startsWith(label))
                .map(line -> line.substring(label.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    /** Runs a pasted line in the directory of the jar, and returns its output. */
    private static CompletableFuture<List<String>> shell(String line) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", line)
                .directory(JarProcess.JAR.getParent().toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return OwnThread.supply(() ->
                new String(readAll(process), StandardCharsets.UTF_8).lines().toList());
    }

    private static byte[] readAll(Process process) {
        try {
            return process.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a socket; the result completes with its close code, or with -1 when it is cut. */
    private static CompletableFuture<Integer> connect(String url) {
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        CLIENT.newWebSocketBuilder()
                .buildAsync(URI.create(url.replaceFirst("^http", "ws") + "/websocket"), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                        closed.complete(code);
                        return null;
                    }

                    @Override
                    public void onError(WebSocket socket, Throwable failure) {
                        closed.complete(-1);
                    }
                })
                .join();
        return closed;
    }

    private static int status(HttpRequest request) throws IOException, InterruptedException {
        return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private static Map<String, String> with(String... settings) {
        Map<String, String> all = new HashMap<>(SETTINGS);
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return all;
    }
}
