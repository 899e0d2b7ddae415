package dev.broadcaster.auth;

import static dev.broadcaster.auth.HandMade.NOW_SECONDS;
import static dev.broadcaster.auth.HandMade.SECRET;
import static dev.broadcaster.auth.HandMade.claims;
import static dev.broadcaster.auth.HandMade.token;
import static dev.broadcaster.testing.Tokens.HS256;
import static dev.broadcaster.testing.Tokens.base64;
import static dev.broadcaster.testing.Tokens.signed;
import static dev.broadcaster.testing.Tokens.withSignature;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.FakeTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {

    private static final String GOOD = HandMade.good();
    private static final long NOW_MILLIS = NOW_SECONDS * 1_000;

    private final TokenVerifier verifier = HandMade.verifier(SECRET);

    @Test
    void verify_returnsTheIdentity_ofAValidToken() throws Exception {
        Identity identity = verifier.verify(GOOD);

        assertThat(identity.subject()).isEqualTo("alice");
        assertThat(identity.mayPublish("chat")).isTrue();
        assertThat(identity.mayPublish("news")).isFalse();
        assertThat(identity.maySubscribe("chat")).isTrue();
        assertThat(identity.mayPublish("chat")).isTrue();
        assertThat(identity.expiresAtMillis()).isEqualTo((NOW_SECONDS + 60) * 1_000 + 30_000);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("accepted")
    void verify_accepts(String what, String token) throws Exception {
        assertThat(verifier.verify(token).subject()).isNotEmpty();
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                accepted("aud array", "\"aud\":[\"other\",\"broadcaster\"]"),
                accepted("unknown scopes", "\"scope\":[\"admin\",\"\"]"),
                accepted("empty scope", "\"scope\":[]"),
                accepted("iat and nbf now", "\"iat\":" + NOW_SECONDS + ",\"nbf\":" + NOW_SECONDS),
                accepted("nbf zero", "\"nbf\":0"),
                accepted("exp with a fraction", "\"exp\":" + NOW_SECONDS + ".75"),
                accepted("exp with an exponent", "\"exp\":1.9e9"),
                accepted("exp at the end of 9999", "\"exp\":253402300799"),
                accepted("sub not ASCII", "\"sub\":\"Zoë 🦊\""),
                accepted("sub with escapes", "\"sub\":\"\\u0000\\n\""),
                accepted("a claim of another's", "\"other\":{\"a\":[null,true,{}]}"),
                accepted(
                        "as many channels as fit",
                        "\"authorizedChannels\":["
                                + IntStream.range(0, 1_400)
                                        .mapToObj(i -> "\"" + (i + 1_000) + "\"")
                                        .collect(Collectors.joining(","))
                                + "]"),
                arguments("white space around the claims", token("\r\n\t " + claims() + " \n")),
                arguments(
                        "unknown header parameters",
                        signed("{\"kid\":\"1\",\"alg\":\"HS256\",\"jwk\":5}", claims(), SECRET)));
    }

    private static Arguments accepted(String what, String... replacements) {
        return arguments(what, token(claims(replacements)));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @MethodSource({"rejectedTexts", "rejectedHeaders", "rejectedSignatures", "rejectedClaims"})
    void verify_rejects(String what, String named, String token) {
        Throwable thrown =
                assertTimeoutPreemptively(Duration.ofSeconds(10), () -> catchThrowable(() -> verifier.verify(token)));

        assertThat(thrown).isExactlyInstanceOf(TokenRejectedException.class).hasNoCause();
        assertThat(thrown.getMessage()).startsWith(named + ": ").hasSizeLessThan(100);
        assertThat(thrown.getStackTrace()).isEmpty();
        for (String part : token.split("\\.", -1)) {
            if (part.length() >= 6) {
                assertThat(thrown.getMessage()).doesNotContain(part);
            }
        }
        assertThat(thrown.getMessage()).doesNotContain("alice").doesNotContain("tell-nobody");
    }

    static Stream<Arguments> rejectedTexts() {
        String[] parts = GOOD.split("\\.", -1);
        return Stream.of(
                rejected("empty", "token", ""),
                rejected("blank", "token", "   "),
                rejected("dots", "token", ".."),
                rejected("null bytes", "token", "\0\0\0"),
                rejected("null byte inside", "token", GOOD.replaceFirst("e", "\0")),
                rejected("one part", "token", parts[0]),
                rejected("two parts", "token", parts[0] + "." + parts[1]),
                rejected("four parts", "token", GOOD + ".AAAA"),
                rejected("JWE, five parts", "token", "eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA"),
                rejected("JWE, five full parts", "token", "eyJhbGciOiJkaXIifQ.AAAA.AAAA.AAAA.AAAA"),
                rejected("empty header", "token", "." + parts[1] + "." + parts[2]),
                rejected("empty claims", "token", parts[0] + ".." + parts[2]),
                rejected("empty signature", "token", parts[0] + "." + parts[1] + "."),
                rejected("dot at the end", "token", GOOD + "."),
                rejected("padding", "token", GOOD + "="),
                rejected("padding in the header", "token", parts[0] + "==." + parts[1] + "." + parts[2]),
                rejected("newline at the end", "token", GOOD + "\n"),
                rejected("newline inside", "token", parts[0] + ".\n" + parts[1] + "." + parts[2]),
                rejected("space before", "token", " " + GOOD),
                rejected("junk in the signature", "token", parts[0] + "." + parts[1] + ".!" + parts[2]),
                rejected("junk after the signature", "token", GOOD + "$%"),
                rejected("classic base64", "token", GOOD + "+/"),
                rejected("not ASCII", "token", GOOD + "é"),
                rejected("digits of other scripts", "token", GOOD + "\u0661"),
                rejected("lone surrogate", "token", GOOD + "\ud800"),
                rejected("scheme", "token", "Bearer " + GOOD),
                rejected("JSON", "token", "{\"alg\":\"HS256\"}"),
                rejected("16,384 characters", "token", "A".repeat(16_384)),
                rejected("16,385 characters", "token", "A".repeat(16_385)),
                rejected("5 MB of dots", "token", ".".repeat(5_000_000)),
                rejected("5 MB header", "token", signed("{\"a\":\"" + "x".repeat(5_000_000) + "\"}", claims(), SECRET)),
                rejected("depth 20,000", "token", token("{\"a\":" + nested(20_000) + "}")),
                rejected(
                        "10,000 channels",
                        "token",
                        token(claims("\"authorizedChannels\":[\"c\"" + ",\"c\"".repeat(9_999) + "]"))),
                rejected("header of a length that base64 lacks", "header", "AAAAA." + parts[1] + "." + parts[2]),
                rejected(
                        "header with spare bits",
                        "header",
                        base64(new byte[] {1}).charAt(0) + "R.AAAA.AAAA"));
    }

    static Stream<Arguments> rejectedHeaders() {
        String rs256 = "{\"alg\":\"RS256\"}";
        return Stream.of(
                header("alg none", "alg", "{\"alg\":\"none\"}"),
                header("alg nOnE", "alg", "{\"alg\":\"nOnE\"}"),
                header("alg hs256", "alg", "{\"alg\":\"hs256\"}"),
                header("alg missing", "alg", "{}"),
                header("alg null", "alg", "{\"alg\":null}"),
                header("alg number", "alg", "{\"alg\":256}"),
                header("alg array", "alg", "{\"alg\":[\"HS256\"]}"),
                header("RS256 with our secret as key", "alg", rs256),
                rejected("HS384", "alg", hmacWith("HS384", "HmacSHA384")),
                rejected("HS512", "alg", hmacWith("HS512", "HmacSHA512")),
                rejected(
                        "alg none, no signature",
                        "token",
                        base64("{\"alg\":\"none\"}".getBytes(UTF_8)) + "." + base64(claims().getBytes(UTF_8)) + "."),
                header("JWE header", "alg", "{\"alg\":\"dir\",\"enc\":\"A128CBC-HS256\"}"),
                header("crit", "crit", "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}"),
                header("crit null", "crit", "{\"alg\":\"HS256\",\"crit\":null}"),
                header("crit empty", "crit", "{\"alg\":\"HS256\",\"crit\":[]}"),
                header("b64 false", "b64", "{\"alg\":\"HS256\",\"b64\":false}"),
                header("b64 false, crit", "crit", "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}"),
                header("b64 true", "b64", "{\"alg\":\"HS256\",\"b64\":true}"),
                header("two alg", "header", "{\"alg\":\"none\",\"alg\":\"HS256\"}"),
                header("two kid", "header", "{\"alg\":\"HS256\",\"kid\":\"1\",\"kid\":\"1\"}"),
                header("header null", "header", "null"),
                header("header array", "header", "[\"HS256\"]"),
                header("header array of pairs", "header", "[[\"alg\",\"HS256\"]]"),
                header("header string", "header", "\"HS256\""),
                header("header not JSON", "header", "{alg:HS256}"),
                header("header empty text", "header", " "),
                header("header with comment", "header", "/**/{\"alg\":\"HS256\"}"),
                header("header with BOM", "header", "\ufeff{\"alg\":\"HS256\"}"),
                header("header and more", "header", "{\"alg\":\"HS256\"}{}"),
                header("deep header", "header", "{\"alg\":\"HS256\",\"a\":" + nested(2_500) + "}"),
                rejected(
                        "header not UTF-8",
                        "header",
                        signed(new byte[] {'{', (byte) 0xff, '}'}, claims().getBytes(UTF_8), "HmacSHA256", SECRET)));
    }

    static Stream<Arguments> rejectedSignatures() {
        String input = GOOD.substring(0, GOOD.lastIndexOf('.'));
        String signature = GOOD.substring(input.length() + 1);
        byte[] mac = Base64.getUrlDecoder().decode(signature);
        byte[] flipped = mac.clone();
        flipped[31] ^= 1;
        return Stream.of(
                rejected("another secret", "signature", signed(HS256, claims(), "f".repeat(32))),
                rejected("a bit flipped", "signature", input + "." + base64(flipped)),
                rejected("cut short", "signature", input + "." + base64(Arrays.copyOf(mac, 31))),
                rejected("too long", "signature", input + "." + base64(Arrays.copyOf(mac, 33))),
                rejected("one byte", "signature", input + ".AA"),
                rejected("zeros", "signature", input + "." + base64(new byte[32])),
                rejected("a length that base64 lacks", "signature", input + "." + signature.substring(0, 41)),
                rejected("spare bits", "signature", input + "." + withSpareBits(signature)),
                rejected(
                        "claims of another token",
                        "signature",
                        base64(HS256.getBytes(UTF_8)) + "." + base64("{}".getBytes(UTF_8)) + "." + signature),
                rejected(
                        "unsigned claims are not read",
                        "signature",
                        signed(HS256, "{\"exp\":null,\"exp\":1}", "f".repeat(32))));
    }

    static Stream<Arguments> rejectedClaims() {
        List<Arguments> rows = new ArrayList<>();
        for (String date : List.of("exp", "iat", "nbf")) {
            for (String value : List.of(
                    "null",
                    "\"1767225660\"",
                    "true",
                    "[]",
                    "{}",
                    "[1767225660]",
                    "1e300",
                    "1e999",
                    "-1e300",
                    "-1",
                    "253402300800")) {
                rows.add(claim(date + " " + value, date, "\"" + date + "\":" + value));
            }
            for (String value : List.of("NaN", "Infinity", "01", "+1", "0x10", "1767225660.", "9".repeat(11_000))) {
                String shown = value.length() > 20 ? "of 11,000 digits" : value;
                rows.add(claim(date + " " + shown, "claims", "\"" + date + "\":" + value));
            }
        }
        rows.add(claim("exp in milliseconds", "exp", "\"exp\":" + (NOW_MILLIS + 60_000)));
        rows.add(claim("exp missing", "exp", "-\"exp\":"));
        rows.add(claim("exp past", "exp", "\"exp\":" + (NOW_SECONDS - 3_600)));
        rows.add(claim("exp 0", "exp", "\"exp\":0"));
        rows.add(claim("exp -0", "exp", "\"exp\":-0"));
        rows.add(claim("iat in an hour", "iat", "\"iat\":" + (NOW_SECONDS + 3_600)));
        rows.add(claim("nbf in an hour", "nbf", "\"nbf\":" + (NOW_SECONDS + 3_600)));
        for (String value : List.of("\"other\"", "\"Broadcaster\"", "\"broadcaster \"", "\"\"", "[]", "[\"other\"]")) {
            rows.add(claim("aud " + value, "aud", "\"aud\":" + value));
        }
        for (String value :
                List.of("null", "5", "{}", "[null,\"broadcaster\"]", "[\"broadcaster\",5]", "[[\"broadcaster\"]]")) {
            rows.add(claim("aud " + value, "aud", "\"aud\":" + value));
        }
        rows.add(claim("aud missing", "aud", "-\"aud\":"));
        for (String value : List.of("\"\"", "5", "null", "true", "[\"alice\"]", "{}")) {
            rows.add(claim("sub " + value, "sub", "\"sub\":" + value));
        }
        rows.add(claim("sub missing", "sub", "-\"sub\":"));
        for (String name : List.of("authorizedChannels", "scope")) {
            for (String value : List.of(
                    "\"tell-nobody\"",
                    "\"subscribe publish\"",
                    "5",
                    "null",
                    "{}",
                    "{\"0\":\"chat\"}",
                    "[5]",
                    "[null]",
                    "[[\"chat\"]]",
                    "[\"chat\",5]")) {
                rows.add(claim(name + " " + value, name, "\"" + name + "\":" + value));
            }
            rows.add(claim(name + " missing", name, "-\"" + name + "\":"));
            rows.add(claim(name + " nested", "claims", "\"" + name + "\":" + nested(2_000)));
        }
        rows.add(claim("authorizedChannels empty", "authorizedChannels", "\"authorizedChannels\":[]"));
        rows.add(claim("two sub", "claims", "\"sub\":\"alice\",\"sub\":\"alice\""));
        rows.add(claim("two sub, one escaped", "claims", "\"sub\":\"alice\",\"\\u0073ub\":\"root\""));
        rows.add(claim("two exp", "claims", "\"exp\":1,\"exp\":1900000000"));
        rows.add(claim("two of an unknown claim", "claims", "\"x\":1,\"x\":1"));
        for (String text : List.of(
                "",
                " ",
                "null",
                "5",
                "\"\"",
                "[]",
                "true",
                "{",
                "{\"exp\"",
                "{}x",
                "{} {}",
                "{'a':1}",
                "{a:1}",
                "{\"a\":1,}",
                "{\"a\":\"\t\"}",
                "{\"a\":TRUE}",
                "{\"a\":\"\\x\"}",
                "//\n{}",
                "\ufeff{}",
                "\0",
                "{\"a\":1}\0",
                ")]}'\n{}",
                "[[\"exp\",1900000000]]")) {
            if (!text.isEmpty()) {
                rows.add(rejected("claims " + text.strip(), "claims", token(text)));
            }
        }
        rows.add(rejected("claims {}", "exp", token("{}")));
        rows.add(rejected("deep claims", "claims", token("{\"a\":" + nested(6_000) + "}")));
        rows.add(rejected("deep objects", "claims", token("{\"a\":".repeat(2_000) + "1" + "}".repeat(2_000))));
        rows.add(rejected("unclosed arrays", "claims", token("[".repeat(12_000))));
        rows.add(rejected("unclosed objects", "claims", token("{\"\":".repeat(3_000))));
        rows.add(rejected(
                "claims not UTF-8",
                "claims",
                signed(
                        HS256.getBytes(UTF_8),
                        claims("\"sub\":\"\u00e9\"").getBytes(StandardCharsets.ISO_8859_1),
                        "HmacSHA256",
                        SECRET)));
        rows.add(rejected("claims with spare bits", "claims", signedWithSpareBits()));
        return rows.stream();
    }

    private static Arguments rejected(String what, String named, String token) {
        return arguments(what, named, token);
    }

    private static Arguments header(String what, String named, String header) {
        return rejected(what, named, signed(header, claims(), SECRET));
    }

    private static Arguments claim(String what, String named, String... replacements) {
        return rejected(what, named, token(claims(replacements)));
    }

    private static String hmacWith(String alg, String algorithm) {
        String secret = SECRET + SECRET;
        return signed(("{\"alg\":\"" + alg + "\"}").getBytes(UTF_8), claims().getBytes(UTF_8), algorithm, secret);
    }

    private static String nested(int depth) {
        return "[".repeat(depth) + "]".repeat(depth);
    }

    /** 43 characters hold 258 bits; the last two bits mean nothing. */
    private static String withSpareBits(String signature) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int last = signature.length() - 1;
        char other = alphabet.charAt(alphabet.indexOf(signature.charAt(last)) + 1);
        String result = signature.substring(0, last) + other;
        assertThat(Base64.getUrlDecoder().decode(result))
                .isEqualTo(Base64.getUrlDecoder().decode(signature));
        return result;
    }

    private static String signedWithSpareBits() {
        String claims = claims();
        while (claims.length() % 3 != 2) {
            claims += " ";
        }
        String part = withSpareBits(base64(claims.getBytes(UTF_8)));
        return withSignature(base64(HS256.getBytes(UTF_8)) + "." + part, "HmacSHA256", SECRET);
    }

    @ParameterizedTest
    @CsvSource({"29999, true", "30000, false", "30001, false"})
    void verify_acceptsExp_untilTheLeewayEnds(long millisAfterExp, boolean accepted) {
        String token = token(claims("\"exp\":" + NOW_SECONDS));
        TokenVerifier later =
                new TokenVerifier(HandMade.config(false, SECRET), HandMade.at(NOW_MILLIS + millisAfterExp));

        assertThat(catchThrowable(() -> later.verify(token)) == null).isEqualTo(accepted);
    }

    @ParameterizedTest
    @CsvSource({
        "iat, 30, true",
        "iat, 30.001, false",
        "iat, 31, false",
        "nbf, 30, true",
        "nbf, 30.001, false",
        "nbf, 31, false"
    })
    void verify_acceptsIatAndNbf_withinTheLeeway(String name, double secondsAhead, boolean accepted) {
        String value = new java.math.BigDecimal(NOW_SECONDS)
                .add(java.math.BigDecimal.valueOf(secondsAhead))
                .toPlainString();

        Throwable thrown = catchThrowable(() -> verifier.verify(token(claims("\"" + name + "\":" + value))));

        if (accepted) {
            assertThat(thrown).isNull();
        } else {
            assertThat(thrown).isInstanceOf(TokenRejectedException.class).hasMessageStartingWith(name);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'\"subscribe\"',true,false",
        "'\"publish\"',false,true",
        "'',false,false",
        "'\"Subscribe\"',false,false"
    })
    void verify_readsOnlyTheScopesThatItKnows(String scope, boolean maySubscribe, boolean mayPublish) throws Exception {
        Identity identity = verifier.verify(token(claims("\"scope\":[" + scope + "]")));

        assertThat(identity.maySubscribe("chat")).isEqualTo(maySubscribe);
        assertThat(identity.mayPublish("chat")).isEqualTo(mayPublish);
    }

    @Test
    void verify_acceptsTokensOfBothSecrets_duringARotation() throws Exception {
        String next = "next-secret-next-secret-next-secret!";
        TokenVerifier rotating = HandMade.verifier(next, SECRET);

        assertThat(rotating.verify(GOOD).subject()).isEqualTo("alice");
        assertThat(rotating.verify(signed(HS256, claims(), next)).subject()).isEqualTo("alice");
        assertThatExceptionOfType(TokenRejectedException.class)
                .isThrownBy(() -> rotating.verify(signed(HS256, claims(), "third-secret-third-secret-third!")))
                .withMessageStartingWith("signature");
    }

    @Test
    void verify_rejectsAKnownToken_whenItHasExpired() throws Exception {
        FakeTime time = new FakeTime();
        time.setEpochMillis(NOW_MILLIS);
        TokenVerifier aging = new TokenVerifier(HandMade.config(false, SECRET), time);
        String token = token(claims("\"exp\":" + NOW_SECONDS));
        Identity first = aging.verify(token);

        time.setEpochMillis(NOW_MILLIS + 29_999);
        assertThat(aging.verify(token)).isSameAs(first);
        time.setEpochMillis(NOW_MILLIS + 30_000);
        assertThatExceptionOfType(TokenRejectedException.class)
                .isThrownBy(() -> aging.verify(token))
                .withMessage("exp: in the past");
    }

    @Test
    void verify_rejectsAKnownToken_whenItsSecretWasRemoved() throws Exception {
        TokenVerifier rotated = HandMade.verifier(SECRET);
        rotated.verify(GOOD);

        rotated.replaceSecrets(HandMade.config(false, "next-secret-next-secret-next-secret!"));

        assertThatExceptionOfType(TokenRejectedException.class)
                .isThrownBy(() -> rotated.verify(GOOD))
                .withMessageStartingWith("signature");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "weak", "a secret of 31 bytes, one short"})
    void verify_acceptsTokensOfAWeakSecret_ifItIsAllowed(String weak) throws Exception {
        assertThat(HandMade.verifier(weak).verify(signed(HS256, claims(), weak)).subject())
                .isEqualTo("alice");
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 63, 64, 65, 200})
    void verify_acceptsSecrets_ofAnyLengthFrom32Bytes(int length) throws Exception {
        String secret = "é" + "x".repeat(length - 2);

        assertThat(HandMade.verifier(secret)
                        .verify(signed(HS256, claims(), secret))
                        .subject())
                .isEqualTo("alice");
    }

    @Test
    void constructor_isRefused_whenASecretIsMissingEmptyOrWeak() {
        assertThatIllegalArgumentException().isThrownBy(HandMade::verifier);
        assertThatIllegalArgumentException().isThrownBy(() -> HandMade.verifier(SECRET, ""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TokenVerifier(HandMade.config(false, "weak"), HandMade.at(0)))
                .withMessageContaining("openssl rand -base64 48")
                .withMessageNotContaining("weak;");
    }

    @Test
    void verify_worksFromManyThreads() {
        assertThat(IntStream.range(0, 2_000)
                        .parallel()
                        .mapToObj(i -> catchThrowable(() -> verifier.verify(GOOD)) == null)
                        .distinct())
                .containsExactly(true);
    }
}
