package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.Setting;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands with a node, used one after the other. */
@Timeout(60)
final class CommandsTest {
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        node = TestNode.start(Map.of());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    @Test
    void subscribe_printsThePublishedMessage() throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Terminal terminal = new Terminal(
                Map.of(), InputStream.nullInputStream(), new PrintWriter(out, true), new PrintWriter(err, true));
        CompletableFuture<Integer> subscribe = OwnThread.supply(() -> Main.commandLine(terminal)
                .execute("subscribe", "--url", node.url(), "--token", token("*"), "--count", "2", "demo", "chat:a"));
        await().until(() ->
                err.toString().contains("subscribed: demo") && err.toString().contains("subscribed: chat:a"));

        Run first = publish("demo", "greeting", "{\"b\":1.50, \"a\":\"é\"}");
        Run second = publish("--text", "chat:a", "said", "hi\t\"you\"");

        assertThat(subscribe.get()).isZero();
        assertThat(first.exitCode()).isZero();
        assertThat(first.out().strip()).isNotEmpty().isNotEqualTo(second.out().strip());
        assertThat(out.toString().lines().map(line -> line.substring(line.indexOf('\t'))))
                .containsExactly(
                        "\tdemo\t1\tgreeting\t{\"b\":1.50, \"a\":\"é\"}", "\tchat:a\t1\tsaid\t\"hi\\t\\\"you\\\"\"");
        assertThat(err.toString()).doesNotContain("hole");
    }

    @Test
    void subscribe_isRefused_whenTheTokenDoesNotCoverTheChannel() {
        Run run = Run.broadcaster("subscribe", "--url", node.url(), "--token", token("chat:*"), "secret");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("refused: channel secret: PermissionDenied");
    }

    @Test
    void subscribe_isRefused_whenTheTokenIsMalformed() {
        Run run = Run.broadcaster("subscribe", "--url", node.url(), "--token", "none", "a");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("refused: the token: Unauthenticated");
    }

    @Test
    void subscribe_isRefused_whenTheBasePathIsWrong() {
        Run run = Run.broadcaster("subscribe", "--url", node.url() + "/x", "--token", token("*"), "a");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).contains("is the base path right?");
    }

    @Test
    void publish_isRefused_whenTheKeyIsUnknown() {
        Run run = Run.broadcaster("publish", "--url", node.url(), "--key", "nobody", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("401 Unauthenticated: ");
    }

    @Test
    void publish_isRefused_whenTheChannelIsMalformed() {
        Run run = publish("a::b", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err()).startsWith("400 InvalidArgument: ");
    }

    @Test
    void limits_areNone_whenTheyAreZero() throws Exception {
        Map<String, String> none = new HashMap<>();
        for (Setting setting : Setting.values()) {
            if (setting.group() == Setting.Group.LIMITS
                    && setting != Setting.MEMORY_BUDGET) { // a share: there is always one
                none.put(setting.name(), "0");
            }
        }
        try (TestNode unlimited = TestNode.start(none)) {
            // Twice the default limit of a body, and of the waiting bytes of a client.
            String payload = "\"" + "x".repeat(2 << 20) + "\"";
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            Terminal terminal = new Terminal(
                    Map.of(), InputStream.nullInputStream(), new PrintWriter(out, true), new PrintWriter(err, true));
            CompletableFuture<Integer> subscribe = OwnThread.supply(() -> Main.commandLine(terminal)
                    .execute("subscribe", "--url", unlimited.url(), "--token", token("*"), "--count", "1", "demo"));
            await().until(() -> err.toString().contains("subscribed: demo"));

            Run publish = Run.broadcaster(
                    Map.of("API_KEYS", DevMode.API_KEY),
                    payload,
                    "publish",
                    "--url",
                    unlimited.url(),
                    "demo",
                    "e",
                    "-");

            assertThat(publish.exitCode()).as(publish.err()).isZero();
            assertThat(subscribe.get()).isZero();
            assertThat(out.toString().strip()).endsWith("\te\t" + payload);
        }
    }

    private static Run publish(String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "publish";
        all[1] = "--url";
        all[2] = node.url();
        System.arraycopy(args, 0, all, 3, args.length);
        return Run.broadcaster(Map.of("API_KEYS", DevMode.API_KEY), "", all);
    }

    private static String token(String channels) {
        return Run.broadcaster("token", "--dev", "--sub", "me", "--channels", channels)
                .out()
                .strip();
    }
}
