package dev.broadcaster.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.broadcaster.testing.Tokens;
import java.util.Arrays;

/**
 * The verifier throws only {@link TokenRejectedException}, and accepts only sound tokens. Runs the seeds in every
 * build; `JAZZER_FUZZ=1 mvn test -Dtest=TokenVerifierFuzzTest#<method>` searches for more.
 */
class TokenVerifierFuzzTest {

    private static final TokenVerifier VERIFIER = HandMade.verifier(HandMade.SECRET);

    @FuzzTest(maxDuration = "10m")
    void verify_onlyEverRejects_anyText(byte[] text) {
        check(new String(text, UTF_8));
    }

    /**
     * The first line is the header, the rest the claims; both are signed, so that the fuzzer gets past the signature.
     */
    @FuzzTest(maxDuration = "10m")
    void verify_onlyEverRejects_anySignedHeaderAndClaims(byte[] headerAndClaims) {
        int newline = 0;
        while (newline < headerAndClaims.length && headerAndClaims[newline] != '\n') {
            newline++;
        }
        byte[] header = Arrays.copyOf(headerAndClaims, newline);
        byte[] claims = Arrays.copyOfRange(
                headerAndClaims, Math.min(newline + 1, headerAndClaims.length), headerAndClaims.length);
        check(Tokens.signed(header, claims, "HmacSHA256", HandMade.SECRET));
    }

    private static void check(String token) {
        try {
            Identity identity = VERIFIER.verify(token);
            assertThat(identity.subject()).isNotEmpty();
            assertThat(identity.expiresAtMillis()).isGreaterThan(HandMade.NOW_SECONDS * 1_000);
            assertThat(identity.maySubscribe("fuzz")).isIn(true, false);
        } catch (TokenRejectedException e) {
            assertThat(e.getMessage()).matches("[A-Za-z0-9]+: [ -~]{1,80}");
        } catch (KeyAwaitedException e) {
            throw new AssertionError("no key is fetched", e);
        }
    }
}
