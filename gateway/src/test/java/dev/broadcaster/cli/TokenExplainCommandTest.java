package dev.broadcaster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.testing.Tokens;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("black-box")
class TokenExplainCommandTest {
    private static final Map<String, String> SECRET = Map.of("JWT_SECRET", Tokens.SECRET);

    private static Run explain(Map<String, String> environment, String token) {
        return Run.broadcaster(environment, "", "token", "explain", token);
    }

    @Test
    void goodToken_isExplained() {
        Run run = explain(
                SECRET,
                Tokens.claims().channels("chat:*", "news").scope("subscribe").token());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines())
                .contains(
                        "header: alg \"HS256\", kid null",
                        "key: JWT_SECRET, 1 key to try",
                        "signature: made with key 1 of these",
                        "claim sub: \"tester\"",
                        "claim scope: [\"subscribe\"]",
                        "subscribe: news chat:*",
                        "publish: nothing",
                        "verdict: accepted")
                .anyMatch(line -> line.matches("claim exp: 20\\d\\d-.*Z"));
    }

    @Test
    void rejectedToken_isExplained() {
        Run run = explain(SECRET, Tokens.claims().with("aud", "\"another\"").token());

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out())
                .contains("signature: made with key 1", "claim aud: \"another\"")
                .endsWith("verdict: rejected: aud: does not contain broadcaster\n");
    }

    @Test
    void tokenOfAnotherSecret_isExplained() {
        Run run = explain(SECRET, Tokens.claims().token("another-secret-of-more-than-32-bytes"));

        assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(run.out()).contains("key: none: signature: not made with any of the secrets", "claim sub: ");
    }

    @Test
    void grants_areExplained_eachWithItsReason() {
        Map<String, String> environment =
                Map.of("JWT_SECRET", Tokens.SECRET, "GRANTS", "user:{sub}:*=subscribe+publish,org:{org}=subscribe");

        Run run = explain(environment, Tokens.claims().channels("a").scope().token());

        assertThat(run.out().lines())
                .contains(
                        "grant user:{sub}:*=subscribe+publish: user:tester:*",
                        "grant org:{org}=subscribe: nothing: the claim org is missing",
                        "subscribe: user:tester:*",
                        "publish: user:tester:*");
    }

    @Test
    void keySet_isFetched() throws Exception {
        SigningKey key = SigningKey.ec("secp256r1", "k1");
        byte[] set = SigningKey.set(key.jwk()).getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/jwks.json", exchange -> {
            exchange.sendResponseHeaders(200, set.length);
            exchange.getResponseBody().write(set);
            exchange.close();
        });
        server.start();
        String address = "http://127.0.0.1:" + server.getAddress().getPort();
        Map<String, String> environment = Map.of("JWT_ISSUERS", "https://id.example=" + address + "/jwks.json");
        Tokens claims = Tokens.claims().with("iss", "\"https://id.example\"");

        Run good = explain(environment, key.token("ES256", claims.json()));
        assertThat(good.exitCode()).as(good.out()).isZero();
        assertThat(good.out()).contains("key: JWT_ISSUERS https://id.example, 1 key to try");

        Run unknown = explain(environment, key.named("k2").token("ES256", claims.json()));
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(unknown.out())
                .contains("issuer https://id.example: 1 keys", "verdict: rejected: kid: not a key of the issuer");

        server.stop(0);
        Run away = explain(environment, key.token("ES256", claims.json()));
        assertThat(away.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(away.out())
                .contains("issuer https://id.example: " + address + "/jwks.json: no server listens there");
    }

    @Test
    void valuesOfAToken_cannotMoveTheCursor() {
        Run run = explain(
                SECRET,
                Tokens.claims().with("sub", "\"\\u001b[2J\\u009bx\\\"\"").token());

        assertThat(run.out()).contains("claim sub: \"\\u001b[2J\\u009bx\\\"\"");
        assertThat(run.out().chars()).allMatch(c -> c == '\n' || c == '\r' || (c >= ' ' && c < 0x7f));
    }

    @Test
    void token_isReadFromTheInput_andMayBeNone() {
        Run dash = Run.broadcaster(SECRET, Tokens.valid() + "\n", "token", "explain", "-");
        assertThat(dash.exitCode()).isZero();

        Run none = explain(SECRET, "hello");
        assertThat(none.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(none.out()).startsWith("verdict: rejected: token: ");
    }

    @Test
    void developmentNode_isMeant_withDev() {
        String token = Tokens.claims().token(DevMode.SECRET);

        assertThat(Run.broadcaster("token", "explain", "--dev", token).exitCode())
                .isZero();
    }

    @Test
    void wrongSettings_areWrongUse() {
        Run run = explain(Map.of("JWT_ISSUERS", "nonsense"), Tokens.valid());

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("JWT_ISSUERS: nonsense");
    }

    @Test
    void help_hasExitCodesAndExamples() {
        Run run = Run.broadcaster("token", "explain", "--help");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("Usage: broadcaster token explain", "Exit codes:", "Examples:");
    }
}
