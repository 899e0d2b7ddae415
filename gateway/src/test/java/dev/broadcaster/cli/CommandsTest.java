package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import dev.broadcaster.Setting;
import dev.broadcaster.http.ListenException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands with a node, used one after the other. */
@Timeout(60)
@Tag("black-box")
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
    void publish_isDoneOnce_whenItsIdempotencyKeyIsRepeated() {
        Run first = publish("--idempotency-key", "order-1", "once:a", "e", "1");
        Run second = publish("--idempotency-key", "order-1", "once:a", "e", "1");

        assertThat(first.exitCode()).isZero();
        assertThat(second.out()).isEqualTo(first.out());
        assertThat(publish("--idempotency-key", "\u00e9", "once:a", "e", "1").err())
                .startsWith("400 InvalidArgument: idempotencyKey");
    }

    @Test
    void history_printsTheKeptMessages_fromAnIdOn_andSaysWhenThatIsLost() {
        String first = publish("kept:a", "e", "{\"n\":\t1}").out().strip();
        String second = publish("kept:a", "e", "2").out().strip();

        Run all = dev("history", "kept:a");
        assertThat(all.exitCode()).as(all.err()).isZero();
        assertThat(all.out().lines().map(line -> line.substring(line.indexOf('\t'))))
                .containsExactly("\tkept:a\t" + first + "\te\t{\"n\": 1}", "\tkept:a\t" + second + "\te\t2");
        assertThat(dev("history", "--after", first, "kept:a").out())
                .contains(second)
                .doesNotContain("\t" + first);
        assertThat(dev("history", "--count", "1", "kept:a").out())
                .contains(first)
                .doesNotContain(second);
        assertThat(dev("history", "--json", "--count", "1", "kept:a").out()).contains("\"payload\":{\"n\": 1}");
        Run lost = dev("history", "--after", "unknown-7", "kept:a");
        assertThat(lost.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(lost.err()).startsWith("history lost: ");
        assertThat(dev("history", "a::b").err()).startsWith("400 InvalidArgument: ");
    }

    @Test
    void history_deletesTheKeptMessages() {
        publish("kept:deleted", "e", "1");

        Run deleted = dev("history", "--delete", "kept:deleted");

        assertThat(deleted.exitCode()).as(deleted.err()).isZero();
        assertThat(deleted.out()).isEqualTo("deleted the history of kept:deleted" + System.lineSeparator());
        assertThat(dev("history", "kept:deleted").out()).isEmpty();
        assertThat(dev("history", "--delete", "a::b").err()).startsWith("400 InvalidArgument: ");
    }

    @Test
    void dev_needsNoOtherOption() throws Exception {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Terminal terminal = new Terminal(
                devEnvironment(),
                InputStream.nullInputStream(),
                new PrintWriter(out, true),
                new PrintWriter(err, true));
        CompletableFuture<Integer> subscribe = OwnThread.supply(
                () -> Main.commandLine(terminal).execute("subscribe", "--dev", "--count", "1", "dev:a"));
        await().until(() -> err.toString().contains("subscribed: dev:a"));

        assertThat(dev("publish", "dev:a", "e", "1").exitCode()).isZero();
        assertThat(subscribe.get()).isZero();
        assertThat(out.toString()).endsWith("\tdev:a\t1\te\t1" + System.lineSeparator());
    }

    @Test
    void dev_saysWhatToStart_whenNoNodeListens() {
        for (String[] args : new String[][] {
            {"publish", "--dev", "a", "e", "1"},
            {"history", "--dev", "a"},
            {"subscribe", "--dev", "a"},
            {"user", "--dev", "a"}
        }) {
            Run run = Run.broadcaster(Map.of("PORT", "1"), "", args);

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err())
                    .contains(
                            "://127.0.0.1:1/broadcaster",
                            "is 'broadcaster serve --dev' running? on another port: --url");
        }
        Run wrong = Run.broadcaster(Map.of("PORT", "x"), "", "publish", "--dev", "a", "e", "1");
        assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void user_isShown_unsubscribedAndDisconnected() throws Exception {
        StringWriter err = new StringWriter();
        Terminal terminal = new Terminal(
                devEnvironment(),
                InputStream.nullInputStream(),
                new PrintWriter(Writer.nullWriter()),
                new PrintWriter(err, true));
        String token = Run.broadcaster("token", "--dev", "--sub", "a user/1", "--channels", "*")
                .out()
                .strip();
        CompletableFuture<Integer> subscribe = OwnThread.supply(() ->
                Main.commandLine(terminal).execute("subscribe", "--dev", "--token", token, "control:a", "control:b"));
        await().until(() -> err.toString().contains("subscribed: control:a")
                && err.toString().contains("subscribed: control:b"));

        Run shown = dev("user", "a user/1");
        assertThat(shown.exitCode()).as(shown.err()).isZero();
        assertThat(shown.out()).hasLineCount(1).contains("\twebsocket\tcli/", "\t2\tcontrol:a control:b");
        assertThat(dev("channels", "--prefix", "control:").out().lines())
                .containsExactly("1\tcontrol:a", "1\tcontrol:b");
        assertThat(dev("channels", "control:a").out()).startsWith("1\tcontrol:a\t0\t");
        assertThat(dev("channels", "control:unused").out()).isEqualTo("0\tcontrol:unused\t0\t-\n");
        assertThat(dev("unsubscribe", "--reason", "closed", "a user/1", "control:b")
                        .out()
                        .strip())
                .isEqualTo("1 subscription on 1 node ended");
        await().until(() -> err.toString().contains("ended: channel control:b: closed"));
        assertThat(dev("disconnect", "--revoke", "--reason", "gone", "a user/1")
                        .out()
                        .strip())
                .isEqualToNormalizingNewlines(
                        "1 connection on 1 node ended\ntokens of the user that were issued until now are refused");
        assertThat(subscribe.get()).isEqualTo(ExitCode.FAILED);
        assertThat(err.toString()).contains("4403 gone");

        await().until(() -> dev("user", "a user/1").out().isEmpty()); // the node has read the client's close frame
        Run away = dev("user", "a user/1");
        assertThat(away.exitCode()).isZero();
        assertThat(away.out()).isEmpty();
        assertThat(away.err().strip()).isEqualTo("not connected: a user/1");
        assertThat(dev("disconnect", "a user/1").out().strip()).isEqualTo("0 connections on 1 node ended");
    }

    @Test
    void controlCommand_isRefused_whenTheKeyHasNoScope() {
        for (String[] args :
                new String[][] {{"user", "a"}, {"channels"}, {"disconnect", "a"}, {"unsubscribe", "a", "b"}}) {
            List<String> all = new ArrayList<>(List.of(args));
            all.addAll(List.of("--url", node.url(), "--key", "nobody"));
            Run run = Run.broadcaster(all.toArray(String[]::new));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err()).startsWith("401 Unauthenticated: ");
        }
        Run missing = Run.broadcaster(Map.of("API_KEYS", "a-key=publish"), "", "disconnect", "--url", node.url(), "a");
        assertThat(missing.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(missing.err()).contains("an API key with the scope control");
    }

    /** Of a node that is not for development. */
    @Test
    void root_saysWhatThisIs_inOneLine() throws Exception {
        for (String path : new String[] {"/", "/broadcaster", "/broadcaster/"}) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://127.0.0.1:" + node.gateway().port() + path))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(answer.body())
                    .hasLineCount(1)
                    .contains("\"NotFound\"", "Broadcaster", "/broadcaster/websocket", "/broadcaster/openapi.json");
        }
    }

    @Test
    void takenPort_isNamedWithItsFlag() throws Exception {
        String taken = String.valueOf(node.gateway().port());
        GatewayConfig publicPort = config(Map.of("PORT", taken, "MANAGEMENT_PORT", "0"));
        GatewayConfig managementPort = config(Map.of("PORT", "0", "MANAGEMENT_PORT", taken));

        assertThatThrownBy(() -> Gateway.start(publicPort))
                .isInstanceOfSatisfying(
                        ListenException.class, e -> assertThat(e.isManagement()).isFalse());
        assertThatThrownBy(() -> Gateway.start(managementPort))
                .isInstanceOfSatisfying(
                        ListenException.class, e -> assertThat(e.isManagement()).isTrue());
        assertThat(ServeCommand.cannotListen(publicPort.http(), false, "in use"))
                .isEqualTo("The node cannot listen on 127.0.0.1:" + taken
                        + ": in use (another port: --port or PORT, another address: --host or HOST)");
        assertThat(ServeCommand.cannotListen(managementPort.http(), true, "in use"))
                .contains("127.0.0.1:" + taken, "--management-port or MANAGEMENT_PORT");
    }

    private static GatewayConfig config(Map<String, String> settings) throws InvalidConfigException {
        Map<String, String> all = new HashMap<>(Map.of("IO_THREADS", "1"));
        all.putAll(settings);
        return GatewayConfig.parse(DevMode.complete(all));
    }

    private static Map<String, String> devEnvironment() {
        return Map.of("PORT", String.valueOf(node.gateway().port()));
    }

    /** A command with {@code --dev} in an environment that names only the port of the node. */
    private static Run dev(String command, String... args) {
        List<String> all = new ArrayList<>(List.of(command, "--dev"));
        all.addAll(List.of(args));
        return Run.broadcaster(devEnvironment(), "", all.toArray(String[]::new));
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
