package dev.broadcaster.auth;

import dev.broadcaster.time.Time;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The check of a token by its algorithm: the first time, and again while the node remembers it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TokenAlgorithmsBenchmark {
    private static final String SECRET = "a-secret-of-the-benchmarks-and-of-nothing-else";

    /** Twice as many as a node remembers, so that each is forgotten before its next turn. */
    private static final int TOKENS = 4 * VerifiedTokens.GENERATION;

    @Param({"HS256", "RS256", "ES256", "EdDSA"})
    private String algorithm = "";

    private TokenVerifier verifier = new TokenVerifier(new AuthConfig(List.of(SECRET), false, List.of()), Time.SYSTEM);
    private List<String> tokens = List.of();
    private int next;

    /** Makes a key pair and the tokens. */
    @Setup
    public void sign() throws GeneralSecurityException {
        KeyPair pair = keyPair();
        List<String> publicKeys = pair == null ? List.of() : List.of(pem(pair));
        verifier = new TokenVerifier(
                new AuthConfig(
                        List.of(SECRET),
                        false,
                        List.of(),
                        new TokenConfig(List.of(), publicKeys, List.of("broadcaster"), Grants.NONE)),
                Time.SYSTEM);
        tokens = IntStream.range(0, TOKENS)
                .parallel()
                .mapToObj(i -> token(pair, i))
                .toList();
    }

    private @Nullable KeyPair keyPair() throws GeneralSecurityException {
        return switch (algorithm) {
            case "RS256" -> generator("RSA", 2048).generateKeyPair();
            case "ES256" -> generator("EC", 256).generateKeyPair();
            case "EdDSA" -> KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            default -> null;
        };
    }

    private static KeyPairGenerator generator(String type, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
        generator.initialize(bits);
        return generator;
    }

    private static String pem(KeyPair pair) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----";
    }

    private String token(@Nullable KeyPair pair, int number) {
        String header = "{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}";
        String claims = "{\"aud\":\"broadcaster\",\"sub\":\"user-" + number
                + "\",\"exp\":4102444800,\"authorizedChannels\":[\"chat:*\",\"news\"],\"scope\":[\"subscribe\"]}";
        String parts =
                base64(header.getBytes(StandardCharsets.UTF_8)) + "." + base64(claims.getBytes(StandardCharsets.UTF_8));
        try {
            return parts + "." + base64(signature(pair, parts.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private byte[] signature(@Nullable KeyPair pair, byte[] parts) throws GeneralSecurityException {
        if (pair == null) {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(parts);
        }
        Signature signature = Signature.getInstance(
                switch (algorithm) {
                    case "RS256" -> "SHA256withRSA";
                    case "ES256" -> "SHA256withECDSAinP1363Format";
                    default -> "Ed25519";
                });
        signature.initSign(pair.getPrivate());
        signature.update(parts);
        return signature.sign();
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    @Benchmark
    public Identity firstTime() throws TokenRejectedException, KeyAwaitedException {
        next = (next + 1) % TOKENS;
        return verifier.verify(tokens.get(next));
    }

    @Benchmark
    public Identity again() throws TokenRejectedException, KeyAwaitedException {
        return verifier.verify(tokens.get(0));
    }
}
