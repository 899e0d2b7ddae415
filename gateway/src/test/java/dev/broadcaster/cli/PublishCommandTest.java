package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.broadcaster.testing.MadeCertificate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a server with the responses of the test. */
@Timeout(30)
@Tag("black-box")
final class PublishCommandTest {
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private volatile String answer = "{\"id\":\"01J\",\"createTime\":\"2026-01-02T03:04:05Z\"}";
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Authorization") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (status == 0) {
                exchange.close();
                return;
            }
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void publish_doesNotSayNotPublished_whenItsIdCannotBeWritten() {
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        Run run = Run.withoutOutput(Map.of(), "publish", "--url", url, "--key", "k", "a", "e", "1");

        assertThat(requests).hasSize(1);
        assertThat(run.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
        assertThat(run.err()).isEqualTo("broadcaster publish: cannot write the output\n");
    }

    @Test
    void publish_sendsThePayloadUnchanged_andPrintsTheId() {
        Run run = publish("", "--key", "k", "chat:a", "e\"", "{\"b\":1.50, \"a\":\"é\"}");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo("01J\n");
        assertThat(requests)
                .containsExactly(
                        "POST /base/publish Bearer k {\"channel\":\"chat:a\",\"event\":\"e\\\"\",\"payload\":{\"b\":1.50, \"a\":\"é\"}}");
    }

    @Test
    void payload_comesFromStdin_andKeyFromTheEnvironment() {
        Run run = publish(" [1]\n", "a", "e", "-");

        assertThat(run.exitCode()).isZero();
        assertThat(requests)
                .containsExactly(
                        "POST /base/publish Bearer first {\"channel\":\"a\",\"event\":\"e\",\"payload\": [1]\n}");
    }

    @Test
    void text_isSentAsAString() {
        publish("say \"hi\"\n", "--text", "a", "e", "-");

        assertThat(requests).singleElement().asString().endsWith("\"payload\":\"say \\\"hi\\\"\\n\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hello", "{", "1 2", "1,\"channel\":\"b\"", ""})
    void payloadThatIsNotJson_isWrongUse_andNothingIsSent(String payload) {
        Run run = publish("", "a", "e", payload);

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("not JSON");
        assertThat(requests).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "400, InvalidArgument, channel: malformed, 1",
        "401, Unauthenticated, unknown key, 1",
        "429, FailedPrecondition, too fast, 1",
        "503, Internal, not published: draining, 1",
        "503, Internal, outcome unknown: no ack, 3",
    })
    void refusal_isPrinted_withTheOutcome(int code, String error, String message, int exitCode) {
        status = code;
        answer = "{\"error\":{\"code\":\"" + error + "\",\"message\":\"" + message + "\"}}";

        Run run = publish("", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(exitCode);
        assertThat(run.err()).isEqualTo(code + " " + error + ": " + message + "\n");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void foreignAnswer_isAFailure() {
        status = 404;
        answer = "<html>";

        assertThat(publish("", "a", "e", "1").exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void pathThatANodeDoesNotHave_isProbablyAWrongBasePath() {
        status = 404;
        answer = "{\"error\":{\"code\":\"NotFound\",\"message\":\"no such path\"}}";

        Run run = publish("", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err().strip()).isEqualTo("404 NotFound: no such path; is the base path right?");
    }

    @Test
    void missingAnswer_isAnUnknownOutcome() {
        status = 0;

        Run run = publish("", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OUTCOME_UNKNOWN);
        assertThat(run.err()).startsWith("outcome unknown");
    }

    @Test
    void unreachableNode_isNotPublished() {
        server.stop(0);

        Run run = publish("", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.err())
                .startsWith("not published: cannot reach http://127.0.0.1:")
                .endsWith("/publish: no server listens there\n");
    }

    @Test
    void nodeWhoseCertificateIsNotTrusted_isNotPublished() throws Exception {
        HttpsServer tls = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        tls.setHttpsConfigurator(new HttpsConfigurator(serverOf(MadeCertificate.make("node", "EC", null))));
        tls.start();
        try {
            String url = "https://127.0.0.1:" + tls.getAddress().getPort();
            Run run = Run.broadcaster("publish", "--url", url, "--key", "k", "a", "e", "1");

            assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(run.err())
                    .startsWith("not published: cannot reach " + url + "/publish: ")
                    .contains("unable to find valid certification path");
        } finally {
            tls.stop(0);
        }
    }

    private static SSLContext serverOf(MadeCertificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        X509Certificate[] chain = {certificate.certificate()};
        store.setKeyEntry("node", certificate.keys().getPrivate(), new char[0], chain);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void missingKey_isWrongUse() {
        assertThat(Run.broadcaster("publish", "a", "e", "1").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void keyThatIsOnlyKnownByItsHash_isNotUsed() {
        Map<String, String> environment = Map.of("API_KEYS", "sha256:" + "0".repeat(64));

        Run run = Run.broadcaster(environment, "", "publish", "a", "e", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("--key: missing");
    }

    private Run publish(String in, String... args) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/base/";
        String[] all = Stream.concat(Stream.of("publish", "--url", url), Stream.of(args))
                .toArray(String[]::new);
        return Run.broadcaster(Map.of("API_KEYS", "first|second"), in, all);
    }
}
