package dev.broadcaster.auth;

import static dev.broadcaster.auth.HandMade.NOW_SECONDS;
import static dev.broadcaster.auth.HandMade.claims;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.broadcaster.auth.keys.FakeKeySetServer;
import dev.broadcaster.auth.keys.Issuer;
import dev.broadcaster.auth.keys.KeySets;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.testing.Tokens;
import dev.broadcaster.time.TimingWheel;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys that may verify a token (PROTOCOL section 12), and every known confusion of them. */
class PublicKeyTokensTest {
    private static final String ISSUER = "https://id.example.com";
    private static final String OTHER = "https://other.example.com";
    private static final String OF_ISSUER = claims("\"iss\":\"" + ISSUER + "\"");
    private static final String OF_OTHER = claims("\"iss\":\"" + OTHER + "\"");

    private static final SigningKey RSA = SigningKey.rsa(2048, "rsa");
    private static final SigningKey EC = SigningKey.ec("secp256r1", "ec");
    private static final SigningKey ED = SigningKey.ed25519("ed");
    private static final SigningKey OF_OTHER_ISSUER = SigningKey.rsa(2048, "other");
    private static final String RS256 = "\"alg\":\"RS256\"";

    private final FakeTime time = new FakeTime();
    private final FakeKeySetServer server = new FakeKeySetServer();
    private final KeySets sets =
            server.sets(List.of(issuer(ISSUER), issuer(OTHER)), new TimingWheel(time), time, new Metrics());

    private static Issuer issuer(String name) {
        return new Issuer(name, URI.create(name + "/jwks.json"));
    }

    @BeforeEach
    void setTime() {
        time.setEpochMillis(NOW_SECONDS * 1_000);
    }

    /** A verifier whose first issuer has these keys, and whose second one has {@link #OF_OTHER_ISSUER}. */
    private TokenVerifier verifier(String... jwks) {
        return verifier(config(List.of(), List.of()), jwks);
    }

    private TokenVerifier verifier(AuthConfig config, String... jwks) {
        TokenVerifier verifier = new TokenVerifier(config, sets, time);
        verifier.start();
        server.answer(SigningKey.set(jwks));
        server.answer(SigningKey.set(OF_OTHER_ISSUER.jwk()));
        return verifier;
    }

    private static AuthConfig config(List<String> secrets, List<String> publicKeys) {
        return new AuthConfig(
                secrets,
                false,
                List.of("key"),
                new TokenConfig(List.of(issuer(ISSUER)), publicKeys, List.of("broadcaster", "second"), Grants.NONE));
    }

    private void assertRejected(TokenVerifier verifier, String token, String beginning) {
        int before = server.requests();
        assertThat(catchThrowable(() -> verifier.verify(token)))
                .isInstanceOf(TokenRejectedException.class)
                .hasMessageStartingWith(beginning);
        assertThat(server.requests()).as("requests for keys").isEqualTo(before);
    }

    /** A missing key is requested once; then the token is rejected. */
    private void assertUnknown(TokenVerifier verifier, String token) {
        int before = server.requests();
        assertThat(catchThrowable(() -> verifier.verify(token))).isInstanceOf(KeyAwaitedException.class);
        server.fail("away");
        assertThat(server.requests()).isEqualTo(before + 1);
        assertRejected(verifier, token, "kid");
    }

    // ---- The algorithm belongs to the key

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    void rsaKeyWithoutAnAlgorithm_verifiesAllOfRsa(String alg) throws Exception {
        assertThat(verifier(RSA.jwk()).verify(RSA.token(alg, OF_ISSUER)).subject())
                .isEqualTo("alice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS384", "RS512", "PS256", "PS384", "PS512"})
    void rsaKeyWithAnAlgorithm_verifiesNoOther(String alg) throws Exception {
        TokenVerifier verifier = verifier(RSA.jwk(RS256));

        assertRejected(verifier, RSA.token(alg, OF_ISSUER), "alg: not the algorithm of the key");
        assertThat(verifier.verify(RSA.token("RS256", OF_ISSUER)).subject()).isEqualTo("alice");
    }

    /** The classic attack: a public key used as the secret of an HMAC. */
    @Test
    void publicKey_isNoSecret() {
        TokenVerifier verifier =
                verifier(config(List.of(HandMade.SECRET), List.of(RSA.pem().strip())), RSA.jwk());
        String header = "{\"alg\":\"HS256\",\"kid\":\"rsa\"}";

        for (byte[] secret : List.of(
                RSA.pem().getBytes(UTF_8),
                RSA.pem().strip().getBytes(UTF_8),
                RSA.encodedPublicKey(),
                Base64.getEncoder().encode(RSA.encodedPublicKey()),
                RSA.jwk().getBytes(UTF_8))) {
            assertRejected(verifier, signedByHmac(header, OF_ISSUER, secret), "signature");
        }
        assertRejected(verifier(RSA.jwk()), Tokens.signed(header, OF_ISSUER, RSA.pem()), "alg: HS256");
    }

    private static String signedByHmac(String header, String claims, byte[] secret) {
        String parts = Tokens.base64(header.getBytes(UTF_8)) + "." + Tokens.base64(claims.getBytes(UTF_8));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return parts + "." + Tokens.base64(mac.doFinal(parts.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The reverse: a token of the secret whose header names a public-key algorithm. */
    @ParameterizedTest
    @CsvSource({"RS256,rsa", "PS256,rsa", "ES256,ec", "EdDSA,ed"})
    void secret_isNoPublicKey(String alg, String kid) {
        TokenVerifier verifier = verifier(config(List.of(HandMade.SECRET), List.of()), RSA.jwk(), EC.jwk(), ED.jwk());

        String header = "{\"alg\":\"" + alg + "\",\"kid\":\"" + kid + "\"}";
        assertRejected(verifier, Tokens.signed(header, OF_ISSUER, HandMade.SECRET), "signature");
    }

    @ParameterizedTest
    @CsvSource({"ES256,rsa", "EdDSA,rsa", "RS256,ec", "ES384,ec", "PS512,ed", "ES256,ed"})
    void key_ofOneType_verifiesNoOther(String alg, String kid) {
        String header = "{\"alg\":\"" + alg + "\",\"kid\":\"" + kid + "\"}";
        String token = RSA.signed("RS256", header, OF_ISSUER);

        assertRejected(verifier(RSA.jwk(), EC.jwk(), ED.jwk()), token, "alg: not the algorithm of the key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "nOnE", "HS384", "HS512", "ES512", "ES256K", "Ed448", "rs256", "", "RSA-OAEP"})
    void otherAlgorithms_areRejected(String alg) {
        assertRejected(
                verifier(config(List.of(HandMade.SECRET), List.of()), RSA.jwk()),
                RSA.signed("RS256", "{\"alg\":\"" + alg + "\",\"kid\":\"rsa\"}", OF_ISSUER),
                "alg");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"crit\":[\"exp\"]", "\"b64\":false"})
    void extensionsOfTheHeader_areRejected(String extension) {
        String header = "{\"alg\":\"RS256\",\"kid\":\"rsa\"," + extension + "}";

        assertRejected(verifier(RSA.jwk()), RSA.signed("RS256", header, OF_ISSUER), extension.substring(1, 4));
    }

    /** CVE-2022-21449: zeros are a valid signature of any text. */
    @Test
    void signatureOfZeros_isRejected() {
        String token = EC.token("ES256", OF_ISSUER);
        String zeros = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);

        assertRejected(verifier(EC.jwk()), token.substring(0, token.lastIndexOf('.') + 1) + zeros, "signature");
    }

    // ---- The key belongs to the issuer

    @Test
    void kidOfAnotherIssuer_isUnknown() {
        assertUnknown(verifier(RSA.jwk()), OF_OTHER_ISSUER.token("RS256", OF_ISSUER));
    }

    @Test
    void keyOfAnotherIssuer_underTheSameKid_isRejected() {
        TokenVerifier verifier = verifier(RSA.jwk());

        assertRejected(verifier, OF_OTHER_ISSUER.named("rsa").token("RS256", OF_ISSUER), "signature");
        assertRejected(verifier, RSA.named("other").token("RS256", OF_OTHER), "signature");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://id.example.com/",
                "https://id.example.com.evil.example",
                "https://id.example.co",
                "https://ID.example.com",
                "https://id.example.com ",
                " https://id.example.com",
                "https://id.example.com\\u0000",
                "https://id.example.com/jwks.json",
                "http://id.example.com",
                ""
            })
    void issuer_isComparedExactly(String issuer) {
        String token = RSA.token("RS256", claims("\"iss\":\"" + issuer + "\""));

        assertRejected(verifier(RSA.jwk()), token, "iss");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "5", "[\"https://id.example.com\"]", "{}", "true"})
    void issuer_thatIsNoString_isRejected(String issuer) {
        assertRejected(verifier(RSA.jwk()), RSA.token("RS256", claims("\"iss\":" + issuer)), "iss");
    }

    @Test
    void token_withoutAnIssuer_isRejected() {
        assertRejected(verifier(RSA.jwk()), RSA.token("RS256", claims()), "iss");
    }

    @Test
    void keyOfTheFile_isNoneOfAnIssuerWithASet() {
        TokenVerifier verifier = verifier(config(List.of(), List.of(ED.pem().strip())), RSA.jwk());

        assertUnknown(verifier, ED.token("EdDSA", OF_ISSUER));
        assertThat(catchThrowable(() -> verifier.verify(ED.token("EdDSA", claims("\"iss\":\"https://x.example\"")))))
                .isNull();
        assertThat(catchThrowable(() -> verifier.verify(ED.token("EdDSA", claims()))))
                .isNull();
    }

    // ---- Keys in a header

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"jku\":\"https://evil.example/jwks.json\"",
                "\"x5u\":\"https://evil.example/cert.pem\"",
                "\"x5c\":[\"AAAA\"]",
                "\"x5t\":\"AAAA\"",
            })
    void addressesAndCertificates_inAHeader_areIgnored(String member) throws Exception {
        SigningKey attacker = SigningKey.rsa(2048, "rsa");
        String header = "{\"alg\":\"RS256\",\"kid\":\"rsa\"," + member + "}";
        TokenVerifier verifier = verifier(RSA.jwk());

        assertRejected(verifier, attacker.signed("RS256", header, OF_ISSUER), "signature");
        assertThat(verifier.verify(RSA.signed("RS256", header, OF_ISSUER)).subject())
                .isEqualTo("alice");
        assertThat(server.lastAddress()).isEqualTo(URI.create(OTHER + "/jwks.json"));
    }

    @Test
    void keyInAHeader_isIgnored() {
        SigningKey attacker = SigningKey.rsa(2048, "rsa");
        String header = "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"jwk\":" + attacker.jwk() + "}";

        assertRejected(verifier(RSA.jwk()), attacker.signed("RS256", header, OF_ISSUER), "signature");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "[\"rsa\"]", "true", "{}"})
    void kid_thatIsNoString_isRejected(String kid) {
        String header = "{\"alg\":\"RS256\",\"kid\":" + kid + "}";

        assertRejected(verifier(RSA.jwk()), RSA.signed("RS256", header, OF_ISSUER), "kid");
    }

    @Test
    void tokenWithoutKid_isTaken_whenTheIssuerHasOneKey() throws Exception {
        String header = "{\"alg\":\"RS256\"}";
        String token = RSA.signed("RS256", header, OF_ISSUER);

        assertThat(verifier(RSA.named("").jwk()).verify(token).subject()).isEqualTo("alice");
    }

    @Test
    void tokenWithoutKid_isRejected_whenTheIssuerHasSeveralKeys() {
        String token = RSA.signed("RS256", "{\"alg\":\"RS256\"}", OF_ISSUER);

        assertRejected(verifier(RSA.jwk(), EC.jwk()), token, "kid: missing");
    }

    // ---- Usable keys of a set

    static Stream<String> unusableKeys() {
        SigningKey p521 = SigningKey.ec("secp521r1", "k");
        return Stream.of(
                RSA.named("k").jwk("\"use\":\"enc\""),
                RSA.named("k").jwk("\"use\":5"),
                RSA.named("k").jwk("\"key_ops\":[\"encrypt\"]"),
                RSA.named("k").jwk("\"alg\":\"RSA-OAEP\""),
                RSA.named("k").jwk("\"alg\":\"HS256\""),
                RSA.named("k").jwk("\"alg\":\"ES256\""),
                RSA.named("k").jwk("\"alg\":null,\"kty\":\"EC\"").replaceFirst("\"kty\":\"RSA\",", ""),
                SigningKey.rsa(1024, "k").jwk(),
                p521.jwk(),
                "{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\""
                        + Base64.getUrlEncoder().withoutPadding().encodeToString(HandMade.SECRET.getBytes(UTF_8))
                        + "\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"AQ\",\"y\":\"AQ\"}",
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":\"AQ\"}",
                "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"kid\":\"k\",\"x\":\"" + "A".repeat(43) + "\"}",
                "{\"kid\":\"k\"}",
                "{\"kty\":\"RSA\",\"kid\":5}",
                "5");
    }

    @ParameterizedTest
    @MethodSource("unusableKeys")
    void unusableKeyOfASet_isLeftOut_andTheOthersCount(String jwk) throws Exception {
        TokenVerifier verifier = verifier(jwk, EC.jwk("\"use\":\"sig\",\"key_ops\":[\"verify\"]"));

        assertThat(verifier.verify(EC.token("ES256", OF_ISSUER)).subject()).isEqualTo("alice");
        assertUnknown(verifier, RSA.named("k").token("RS256", OF_ISSUER));
    }

    @Test
    void tokenOfAnRsaKeyOf1024Bits_isRejected() {
        SigningKey small = SigningKey.rsa(1024, "small");
        assertUnknown(verifier(small.jwk(RS256), EC.jwk()), small.token("RS256", OF_ISSUER));
    }

    @Test
    void tokenOfP521_isRejected() {
        SigningKey large = SigningKey.ec("secp521r1", "large");
        assertRejected(verifier(large.jwk(), EC.jwk()), large.token("ES512", OF_ISSUER), "alg");
    }

    @Test
    void keysThatShareAKid_areBothLeftOut() {
        SigningKey second = SigningKey.rsa(2048, "rsa");
        SigningKey third = RSA.named("rsa");
        TokenVerifier verifier = verifier(RSA.jwk(), second.jwk(), third.jwk(), EC.jwk());

        assertUnknown(verifier, RSA.token("RS256", OF_ISSUER));
        assertRejected(verifier, second.token("RS256", OF_ISSUER), "kid");
    }

    @Test
    void oneKey_listedForTwoAlgorithms_verifiesBoth() throws Exception {
        TokenVerifier verifier = verifier(RSA.jwk(RS256), RSA.jwk("\"alg\":\"PS256\""));

        assertThat(verifier.verify(RSA.token("RS256", OF_ISSUER)).subject()).isEqualTo("alice");
        assertThat(verifier.verify(RSA.token("PS256", OF_ISSUER)).subject()).isEqualTo("alice");
        assertRejected(verifier, RSA.token("RS512", OF_ISSUER), "alg");
    }

    // ---- Claims

    @ParameterizedTest
    @ValueSource(strings = {"\"broadcaster\"", "\"second\"", "[\"x\",\"second\"]"})
    void anyOfTheAudiences_isEnough(String audience) throws Exception {
        String token = RSA.token("RS256", claims("\"iss\":\"" + ISSUER + "\"", "\"aud\":" + audience));

        assertThat(verifier(RSA.jwk()).verify(token).subject()).isEqualTo("alice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"third\"", "[]", "[\"x\"]", "\"broadcaster second\""})
    void anotherAudience_isRejected(String audience) {
        String token = RSA.token("RS256", claims("\"iss\":\"" + ISSUER + "\"", "\"aud\":" + audience));

        assertRejected(verifier(RSA.jwk()), token, "aud: does not contain broadcaster or second");
    }

    @Test
    void listsOfChannelsAndScopes_areNeeded_withoutGrants() {
        TokenVerifier verifier = verifier(RSA.jwk());

        assertRejected(
                verifier, RSA.token("RS256", ofIssuer("-\"authorizedChannels\":")), "authorizedChannels: missing");
        assertRejected(verifier, RSA.token("RS256", ofIssuer("-\"scope\":")), "scope: missing");
        assertRejected(verifier, RSA.token("RS256", ofIssuer("\"scope\":\"openid subscribe\"")), "scope");
    }

    private static String ofIssuer(String replacement) {
        return claims("\"iss\":\"" + ISSUER + "\"", replacement);
    }

    // ---- Files of public keys

    @Test
    void fileOfPublicKeys_isRefused_withOneThatIsNoUsableKey() {
        for (String block : List.of(
                SigningKey.rsa(1024, "").pem(), SigningKey.ec("secp521r1", "").pem(), RSA.privatePem(), "x")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new TokenVerifier(
                            config(List.of(), List.of(RSA.pem().strip(), block.strip())), sets, time))
                    .withMessageStartingWith("JWT_PUBLIC_KEY_FILE: key 2 of 2 is ");
        }
    }

    @Test
    void keysOfAFile_areReplaced_andWhatTheyVerifiedCountsNoLonger() throws Exception {
        TokenVerifier verifier =
                new TokenVerifier(config(List.of(), List.of(RSA.pem().strip())), sets, time);
        String token = RSA.token("RS256", claims());
        Identity identity = verifier.verify(token);

        verifier.replacePublicKeys(
                config(List.of(), List.of(ED.pem().strip(), RSA.pem().strip())));
        assertThat(verifier.verify(token)).as("its key is still there").isSameAs(identity);

        verifier.replacePublicKeys(config(List.of(), List.of(ED.pem().strip())));
        assertRejected(verifier, token, "alg");
        assertThat(verifier.verify(ED.token("EdDSA", claims())).subject()).isEqualTo("alice");
    }
}
