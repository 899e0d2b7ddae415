package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The answers of fleets that one node in a test does not give. */
@Tag("black-box")
final class ControlOutputTest {
    private final Deque<String> answers = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestURI().toString());
            byte[] body = answers.remove().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Run run(String command, String... args) {
        List<String> all = new ArrayList<>(List.of(
                command,
                "--key",
                "k",
                "--url",
                "http://127.0.0.1:" + server.getAddress().getPort() + "/b"));
        all.addAll(List.of(args));
        return Run.broadcaster(all.toArray(String[]::new));
    }

    @Test
    void incompleteCall_hasItsOwnExitCode() {
        answers.add("{\"connections\":3,\"nodes\":2,\"complete\":false}");

        Run run = run("disconnect", "--revoke", "alice");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
        assertThat(run.out().strip()).isEqualTo("3 connections on 2 nodes ended");
        assertThat(run.err()).contains("incomplete: not every node has answered");
    }

    @Test
    void channels_areReadPageByPage() {
        answers.add("{\"channels\":[{\"channel\":\"a\",\"subscribers\":2},{\"channel\":\"b:c\",\"subscribers\":1}],"
                + "\"more\":true,\"complete\":true}");
        answers.add("{\"channels\":[{\"channel\":\"d\",\"subscribers\":5}],\"more\":false,\"complete\":true}");

        Run run = run("channels");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines()).containsExactly("2\ta", "1\tb:c", "5\td");
        assertThat(requests).containsExactly("/b/channels?limit=1000", "/b/channels?limit=1000&cursor=b%3Ac");
    }

    @Test
    void nameOfAClient_doesNotControlTheTerminal() {
        answers.add("{\"user\":\"a\",\"connections\":[{\"connectionId\":\"c\",\"since\":\"2026-11-30T00:00:00Z\","
                + "\"client\":\"\\u001b[2J\\n\\u202e\u00e9\",\"transport\":\"websocket\",\"channels\":[],"
                + "\"subscriptions\":0}],\"complete\":true}");

        assertThat(run("user", "a").out().strip())
                .isEqualTo("2026-11-30T00:00:00.000Z\tc\twebsocket\t\\u001b[2J\\u000a\\u202e\u00e9\t0");
    }
}
