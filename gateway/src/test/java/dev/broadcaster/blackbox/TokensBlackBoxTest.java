package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.GatewayConfig;
import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that must be refused, and unusual ones that must not: protocol section 5. */
@Tag("black-box")
final class TokensBlackBoxTest {

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared();

    // ---- the claims

    /** The claim that the message must name, its fault, the token. */
    static Stream<Arguments> badClaims() {
        return Stream.of(
                claim("exp", "missing", Tokens.claims().without("exp")),
                claim("exp", "null", Tokens.claims().with("exp", "null")),
                claim("exp", "string", Tokens.claims().with("exp", "\"" + (Tokens.now() + 3600) + "\"")),
                claim("exp", "1e300", Tokens.claims().with("exp", "1e300")),
                claim("exp", "a minute past", Tokens.claims().expiresIn(-60)),
                claim("exp", "0", Tokens.claims().with("exp", "0")),
                claim("exp", "negative", Tokens.claims().with("exp", "-1")),
                claim("exp", "true", Tokens.claims().with("exp", "true")),
                claim("exp", "array", Tokens.claims().with("exp", "[" + (Tokens.now() + 3600) + "]")),
                claim("exp", "object", Tokens.claims().with("exp", "{}")),
                claim("exp", "beyond 64 bits", Tokens.claims().with("exp", "9".repeat(40))),
                claim("iat", "in an hour", Tokens.claims().with("iat", String.valueOf(Tokens.now() + 3600))),
                claim("iat", "string", Tokens.claims().with("iat", "\"now\"")),
                claim("nbf", "in an hour", Tokens.claims().with("nbf", String.valueOf(Tokens.now() + 3600))),
                claim("nbf", "string", Tokens.claims().with("nbf", "\"now\"")),
                claim("aud", "wrong", Tokens.claims().with("aud", "\"someone-else\"")),
                claim("aud", "other case", Tokens.claims().with("aud", "\"Broadcaster\"")),
                claim("aud", "missing", Tokens.claims().without("aud")),
                claim("aud", "null", Tokens.claims().with("aud", "null")),
                claim("aud", "empty", Tokens.claims().with("aud", "\"\"")),
                claim("aud", "number", Tokens.claims().with("aud", "5")),
                claim("aud", "object", Tokens.claims().with("aud", "{\"broadcaster\":true}")),
                claim("aud", "array without ours", Tokens.claims().with("aud", "[\"a\",\"b\"]")),
                claim("aud", "empty array", Tokens.claims().with("aud", "[]")),
                claim("sub", "missing", Tokens.claims().without("sub")),
                claim("sub", "null", Tokens.claims().with("sub", "null")),
                claim("sub", "empty", Tokens.claims().with("sub", "\"\"")),
                claim("sub", "number", Tokens.claims().with("sub", "5")),
                claim("sub", "array", Tokens.claims().with("sub", "[\"tester\"]")),
                claim("sub", "object", Tokens.claims().with("sub", "{}")),
                claim("authorizedChannels", "missing", Tokens.claims().without("authorizedChannels")),
                claim("authorizedChannels", "null", Tokens.claims().with("authorizedChannels", "null")),
                claim("authorizedChannels", "string", Tokens.claims().with("authorizedChannels", "\"*\"")),
                claim("authorizedChannels", "number", Tokens.claims().with("authorizedChannels", "5")),
                claim("authorizedChannels", "object", Tokens.claims().with("authorizedChannels", "{\"a\":1}")),
                claim("authorizedChannels", "empty", Tokens.claims().with("authorizedChannels", "[]")),
                claim("authorizedChannels", "nested", Tokens.claims().with("authorizedChannels", "[[\"a\"]]")),
                claim("authorizedChannels", "of a number", Tokens.claims().with("authorizedChannels", "[5]")),
                claim("authorizedChannels", "of null", Tokens.claims().with("authorizedChannels", "[null]")),
                claim("authorizedChannels", "mixed", Tokens.claims().with("authorizedChannels", "[\"a\",5]")),
                claim("scope", "missing", Tokens.claims().without("scope")),
                claim("scope", "null", Tokens.claims().with("scope", "null")),
                claim("scope", "string", Tokens.claims().with("scope", "\"subscribe publish\"")),
                claim("scope", "number", Tokens.claims().with("scope", "5")),
                claim("scope", "of a number", Tokens.claims().with("scope", "[5]")),
                claim("scope", "nested", Tokens.claims().with("scope", "[[\"subscribe\"]]")));
    }

    private static Arguments claim(String claim, String what, Tokens tokens) {
        return arguments(claim, what, tokens.token());
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("badClaims")
    void token_isRefusedAndItsClaimNamed_whenAClaimIsWrong(String claim, String what, String token) {
        String message = refused(token);

        assertThat(message).contains(claim);
    }

    // ---- the form

    static Stream<Arguments> badTokens() throws Exception {
        String claims = Tokens.claims().json();
        byte[] claimBytes = claims.getBytes(StandardCharsets.UTF_8);
        String valid = Tokens.valid();
        String head = valid.substring(0, valid.indexOf('.'));
        String body = valid.substring(valid.indexOf('.') + 1, valid.lastIndexOf('.'));
        String signature = valid.substring(valid.lastIndexOf('.') + 1);
        String none = Tokens.base64("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8)) + "." + body + ".";
        return Stream.of(
                arguments("alg none, no signature", none),
                arguments("alg none, no third part", none.substring(0, none.length() - 1)),
                arguments("alg none, our signature", Tokens.signed("{\"alg\":\"none\"}", claims)),
                arguments(
                        "alg nOnE",
                        Tokens.base64("{\"alg\":\"nOnE\"}".getBytes(StandardCharsets.UTF_8)) + "." + body + "."),
                arguments("alg nOnE, our signature", Tokens.signed("{\"alg\":\"nOnE\"}", claims)),
                arguments(
                        "alg HS384",
                        Tokens.signed(
                                "{\"alg\":\"HS384\"}".getBytes(StandardCharsets.UTF_8),
                                claimBytes,
                                "HmacSHA384",
                                Tokens.SECRET)),
                arguments(
                        "alg HS512",
                        Tokens.signed(
                                "{\"alg\":\"HS512\"}".getBytes(StandardCharsets.UTF_8),
                                claimBytes,
                                "HmacSHA512",
                                Tokens.SECRET)),
                arguments("alg hs256", Tokens.signed("{\"alg\":\"hs256\"}", claims)),
                arguments("alg RS256, our secret as its key", Tokens.signed("{\"alg\":\"RS256\"}", claims)),
                arguments("alg RS256, a real signature", rsa(claims)),
                arguments("alg ES256, our secret as its key", Tokens.signed("{\"alg\":\"ES256\"}", claims)),
                arguments("alg missing", Tokens.signed("{\"typ\":\"JWT\"}", claims)),
                arguments("alg null", Tokens.signed("{\"alg\":null}", claims)),
                arguments("alg number", Tokens.signed("{\"alg\":256}", claims)),
                arguments("alg array", Tokens.signed("{\"alg\":[\"HS256\"]}", claims)),
                arguments("alg twice", Tokens.signed("{\"alg\":\"none\",\"alg\":\"HS256\"}", claims)),
                arguments(
                        "header with its own key",
                        Tokens.signed(
                                "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"YWJj\"}}"
                                        .getBytes(StandardCharsets.UTF_8),
                                claimBytes,
                                "HmacSHA256",
                                "abc")),
                arguments("header not JSON", Tokens.signed("HS256", claims)),
                arguments("header array", Tokens.signed("[\"HS256\"]", claims)),
                arguments("header empty object", Tokens.signed("{}", claims)),
                arguments(
                        "JWE",
                        Tokens.base64("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}".getBytes(StandardCharsets.UTF_8))
                                + "..AAAA.AAAA.AAAA"),
                arguments("JWE in three parts", Tokens.signed("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", claims)),
                arguments(
                        "crit of an unknown header",
                        Tokens.signed("{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", claims)),
                arguments("crit of exp", Tokens.signed("{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", claims)),
                arguments("crit empty", Tokens.signed("{\"alg\":\"HS256\",\"crit\":[]}", claims)),
                arguments(
                        "b64 false and crit",
                        Tokens.signed("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", claims)),
                arguments("b64 false", Tokens.signed("{\"alg\":\"HS256\",\"b64\":false}", claims)),
                arguments("claims twice", Tokens.signed(Tokens.HS256, claims.replace("{", "{\"sub\":\"admin\","))),
                arguments("exp twice", Tokens.signed(Tokens.HS256, claims.replace("{", "{\"exp\":1,"))),
                arguments("claims empty object", Tokens.signed(Tokens.HS256, "{}")),
                arguments("claims array", Tokens.signed(Tokens.HS256, "[" + claims + "]")),
                arguments("claims null", Tokens.signed(Tokens.HS256, "null")),
                arguments("claims string", Tokens.signed(Tokens.HS256, "\"x\"")),
                arguments("claims not JSON", Tokens.signed(Tokens.HS256, "sub=tester")),
                arguments("claims empty", Tokens.signed(Tokens.HS256, "")),
                arguments("claims and more", Tokens.signed(Tokens.HS256, claims + "x")),
                arguments("claims truncated", Tokens.signed(Tokens.HS256, claims.substring(0, claims.length() - 1))),
                arguments(
                        "claims not UTF-8",
                        Tokens.signed(
                                Tokens.HS256.getBytes(StandardCharsets.UTF_8),
                                claims.replace("tester", "t\u00ffster").getBytes(StandardCharsets.ISO_8859_1),
                                "HmacSHA256",
                                Tokens.SECRET)),
                arguments(
                        "depth 20,000",
                        Tokens.claims()
                                .with("deep", "[".repeat(20_000) + "]".repeat(20_000))
                                .token()),
                arguments(
                        "depth 4,000 in the header",
                        Tokens.signed(
                                "{\"alg\":\"HS256\",\"deep\":" + "[".repeat(4000) + "]".repeat(4000) + "}", claims)),
                arguments(
                        "over 16 kB",
                        Tokens.claims()
                                .with("padding", "\"" + "x".repeat(16_400) + "\"")
                                .token()),
                arguments(
                        "header over 16 kB",
                        Tokens.signed("{\"alg\":\"HS256\",\"x\":\"" + "x".repeat(16_400) + "\"}", claims)),
                arguments(
                        "10,000 channels",
                        Tokens.claims()
                                .channels(IntStream.range(0, 10_000)
                                        .mapToObj(i -> "c")
                                        .toArray(String[]::new))
                                .token()),
                arguments("empty", ""),
                arguments("a point", "."),
                arguments("two points", ".."),
                arguments("three letters", "a.b.c"),
                arguments("words", "not a token"),
                arguments("two parts", head + "." + body),
                arguments("four parts", valid + "." + signature),
                arguments("a point more", valid + "."),
                arguments("trailing =", valid + "="),
                arguments("padding in the body", head + "." + body + "==." + signature),
                arguments("trailing new line", valid + "\n"),
                arguments("trailing NUL", valid + "\u0000"),
                arguments("space before", " " + valid),
                arguments("space inside", head + ". " + body + "." + signature),
                arguments(
                        "new line inside the signature",
                        head + "." + body + "." + signature.substring(0, 20) + "\n" + signature.substring(20)),
                arguments(
                        "junk inside the signature",
                        head + "." + body + "." + signature.substring(0, 20) + "!*" + signature.substring(20)),
                arguments("Bearer before", "Bearer " + valid),
                arguments("signature empty", head + "." + body + "."),
                arguments("signature cut", head + "." + body + "." + signature.substring(0, 40)),
                arguments("signature longer", valid + "AAAA"),
                arguments(
                        "signature of another",
                        head + "." + body + "."
                                + part(Tokens.claims().with("sub", "\"other\"").token(), 2)),
                arguments(
                        "body of another",
                        head + "."
                                + part(Tokens.claims().with("sub", "\"other\"").token(), 1) + "." + signature),
                arguments(
                        "header of another",
                        Tokens.base64("{\"alg\":\"HS256\"}".getBytes(StandardCharsets.UTF_8)) + "." + body + "."
                                + signature),
                arguments(
                        "another secret",
                        Tokens.signed(
                                Tokens.HS256.getBytes(StandardCharsets.UTF_8),
                                claimBytes,
                                "HmacSHA256",
                                "some-other-secret-of-more-than-32-bytes")),
                arguments(
                        "both secrets joined",
                        Tokens.signed(
                                Tokens.HS256.getBytes(StandardCharsets.UTF_8),
                                claimBytes,
                                "HmacSHA256",
                                Tokens.SECRET + "|" + TestGateway.OLDER_SECRET)),
                arguments("letters beyond ASCII", "é" + valid),
                arguments("digits beyond ASCII", "\u0661.\u0661.\u0661"),
                arguments("lone surrogate", valid.substring(0, 10) + "\ud800" + valid.substring(10)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badTokens")
    void token_isRefused_whenItsFormIsWrong(String name, String token) {
        refused(token);
    }

    @Test
    void token_closesWith1009_whenItsHeaderHasFiveMegabytes() {
        WsClient client = gateway.connect();
        String token = Tokens.signed(
                "{\"alg\":\"HS256\",\"x\":\"" + "x".repeat(5 << 20) + "\"}",
                Tokens.claims().json());

        client.socket()
                .trySend(Frame.text(WsClient.request(1, "auth", "{\"token\":\"" + token + "\"}"))
                        .bytes());

        client.expectClose(1009);
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("badClaims")
    void refresh_refusesTheTokensThatAuthRefuses(String claim, String what, String token) {
        WsClient client = gateway.subscriber("kept");

        String message = client.error("Unauthenticated", "refresh", "{\"token\":" + Json.quote(token) + "}");

        assertThat(message).contains(claim).doesNotContain(token);
        client.publish("kept", "e", "1");
        assertThat(client.broadcast().get("seq").number()).isEqualTo(1);
    }

    // ---- accepted

    static Stream<Arguments> goodTokens() {
        String claims = Tokens.claims().json();
        return Stream.of(
                arguments("plain", Tokens.valid()),
                arguments(
                        "older secret",
                        Tokens.signed(
                                Tokens.HS256.getBytes(StandardCharsets.UTF_8),
                                claims.getBytes(StandardCharsets.UTF_8),
                                "HmacSHA256",
                                TestGateway.OLDER_SECRET)),
                arguments("no typ", Tokens.signed("{\"alg\":\"HS256\"}", claims)),
                arguments("kid", Tokens.signed("{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}", claims)),
                arguments(
                        "white space in the JSON",
                        Tokens.signed("{ \"alg\" : \"HS256\" }", " " + claims.replace(":", " :\n") + " ")),
                arguments(
                        "aud array",
                        Tokens.claims().with("aud", "[\"a\",\"broadcaster\"]").token()),
                arguments(
                        "exp just past, inside the leeway",
                        Tokens.claims().expiresIn(-15).token()),
                arguments(
                        "iat a moment ahead, inside the leeway",
                        Tokens.claims()
                                .with("iat", String.valueOf(Tokens.now() + 15))
                                .token()),
                arguments(
                        "nbf a moment ahead, inside the leeway",
                        Tokens.claims()
                                .with("nbf", String.valueOf(Tokens.now() + 15))
                                .token()),
                arguments(
                        "iat and nbf past",
                        Tokens.claims().with("iat", "1").with("nbf", "1").token()),
                arguments(
                        "other scopes too",
                        Tokens.claims().scope("subscribe", "publish", "admin").token()),
                arguments(
                        "other claims",
                        Tokens.claims()
                                .with("roles", "[{\"a\":null}]")
                                .with("jti", "\"1\"")
                                .token()),
                arguments(
                        "sub beyond ASCII",
                        Tokens.claims().with("sub", "\"\u0436\ud83d\ude00\"").token()),
                arguments(
                        "far future", Tokens.claims().with("exp", "4102444800").token()),
                arguments(
                        "15 kB",
                        Tokens.claims()
                                .with("padding", "\"" + "x".repeat(11_000) + "\"")
                                .token()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goodTokens")
    void token_isAccepted(String name, String token) {
        WsClient client = gateway.connect().auth(token);

        client.subscribe("accepted");
        client.publish("accepted", "e", "1");

        assertThat(client.broadcast().get("payload").raw()).isEqualTo("1");
    }

    // ---- the secret

    @Test
    void shortSecret_stopsTheStart_withTheCommandThatMakesAGoodOne() {
        Throwable refused = catchThrowable(() -> GatewayConfig.parse(Map.of("JWT_SECRET", "short", "API_KEYS", "k")));

        assertThat(refused).isNotNull();
        assertThat(refused)
                .hasMessageContaining("JWT_SECRET")
                .hasMessageContaining("openssl rand")
                .hasMessageContaining("32");
        assertThat(refused.getMessage()).doesNotContain("short\"").doesNotContain("=short");
    }

    @Test
    void shortSecret_servesItsTokens_whenWeakSecretsAreAllowed() {
        try (TestGateway weak = TestGateway.start("JWT_SECRET", "short", "ALLOW_WEAK_JWT_SECRET", "true")) {
            byte[] claims = Tokens.claims().json().getBytes(StandardCharsets.UTF_8);

            weak.connect()
                    .auth(Tokens.signed(Tokens.HS256.getBytes(StandardCharsets.UTF_8), claims, "HmacSHA256", "short"))
                    .subscribe("weak");

            WsClient other = weak.connect();
            other.error(
                    "Unauthenticated",
                    "auth",
                    "{\"token\":\""
                            + Tokens.signed(Tokens.HS256.getBytes(StandardCharsets.UTF_8), claims, "HmacSHA256", "shor")
                            + "\"}");
        }
        gateway.log().take();
    }

    /** The message of the refusal. The connection stays, unauthenticated, and may try again with another token. */
    private static String refused(String token) {
        WsClient client = gateway.connect();

        String message = client.error("Unauthenticated", "auth", "{\"token\":" + tokenJson(token) + "}");

        assertThat(message).isNotBlank();
        if (token.length() > 3) {
            assertThat(message).doesNotContain(token);
        }
        client.error("Unauthenticated", "subscribe", "{\"channel\":\"a\"}");
        client.auth(Tokens.valid());
        client.error("FailedPrecondition", "auth", "{\"token\":" + Json.quote(Tokens.valid()) + "}");
        return message;
    }

    private static String tokenJson(String token) {
        return Json.quote(token).replace("\ud800", "\\ud800");
    }

    private static String part(String token, int index) {
        return token.split("\\.")[index];
    }

    private static String rsa(String claims) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        String signedPart = Tokens.base64("{\"alg\":\"RS256\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + Tokens.base64(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(pair.getPrivate());
        signature.update(signedPart.getBytes(StandardCharsets.US_ASCII));
        return signedPart + "." + Tokens.base64(signature.sign());
    }
}
