package dev.broadcaster.auth;

import static dev.broadcaster.auth.HandMade.NOW_SECONDS;
import static dev.broadcaster.auth.HandMade.SECRET;
import static dev.broadcaster.auth.HandMade.claims;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.broadcaster.auth.keys.FakeKeySetServer;
import dev.broadcaster.auth.keys.SigningKey;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The channels that GRANTS adds to a token. */
class GrantsTest {
    private static final Time NOW = HandMade.at(NOW_SECONDS * 1_000);
    private static final String ISSUER = "https://id.example.com";
    private static final SigningKey KEY = SigningKey.ed25519("k");
    private static final String NO_LISTS = "-\"authorizedChannels\":";

    private static TokenVerifier verifier(String grants) {
        List<String> problems = new ArrayList<>();
        TokenConfig tokens =
                new TokenConfig(List.of(), List.of(), List.of("broadcaster"), Grants.parse(grants, problems));
        assertThat(problems).isEmpty();
        return new TokenVerifier(
                new AuthConfig(List.of(SECRET), false, List.of("key"), tokens),
                FakeKeySetServer.loaded(ISSUER, SigningKey.set(KEY.jwk()), NOW),
                NOW);
    }

    private static String ofIssuer(String... replacements) {
        List<String> all = new ArrayList<>(List.of(replacements));
        all.add("\"iss\":\"" + ISSUER + "\"");
        return KEY.token("EdDSA", claims(all.toArray(String[]::new)));
    }

    @Test
    void grants_comeOnTopOfWhatTheTokenLists() throws Exception {
        Identity identity =
                verifier("user:{sub}:*=subscribe+publish,news=subscribe").verify(HandMade.token(claims()));

        assertThat(identity.maySubscribe("chat")).isTrue();
        assertThat(identity.mayPublish("chat")).isTrue();
        assertThat(identity.maySubscribe("user:alice:inbox")).isTrue();
        assertThat(identity.mayPublish("user:alice:inbox")).isTrue();
        assertThat(identity.maySubscribe("news")).isTrue();
        assertThat(identity.mayPublish("news")).isFalse();
        assertThat(identity.maySubscribe("user:bob:inbox")).isFalse();
        assertThat(identity.maySubscribe("user:alice")).isFalse();
    }

    @Test
    void scopesOfTheToken_holdOnlyForItsOwnList() throws Exception {
        Identity identity = verifier("mine:{sub}=publish").verify(HandMade.token(claims("\"scope\":[\"subscribe\"]")));

        assertThat(identity.maySubscribe("chat")).isTrue();
        assertThat(identity.mayPublish("chat")).isFalse();
        assertThat(identity.mayPublish("mine:alice")).isTrue();
        assertThat(identity.maySubscribe("mine:alice")).isFalse();
    }

    @Test
    void listAndScope_needNotBeThere() throws Exception {
        TokenVerifier verifier = verifier("user:{sub}=subscribe");

        for (String token : List.of(
                HandMade.token(claims(NO_LISTS, "-\"scope\":")),
                HandMade.token(claims(NO_LISTS)),
                ofIssuer(NO_LISTS, "-\"scope\":"),
                ofIssuer(NO_LISTS, "\"scope\":\"openid profile subscribe publish\""))) {
            Identity identity = verifier.verify(token);
            assertThat(identity.maySubscribe("user:alice")).isTrue();
            assertThat(identity.mayPublish("user:alice")).isFalse();
            assertThat(identity.maySubscribe("chat")).isFalse();
        }
    }

    @Test
    void scopeOfOAuth_givesNothingToTheList() throws Exception {
        Identity identity = verifier("news=subscribe").verify(ofIssuer("\"scope\":\"subscribe publish\""));

        assertThat(identity.maySubscribe("chat")).isFalse();
        assertThat(identity.mayPublish("chat")).isFalse();
        assertThat(identity.maySubscribe("news")).isTrue();
    }

    @Test
    void scopeThatIsAString_isRefused_inATokenOfOurSecret() {
        String token = HandMade.token(claims("\"scope\":\"subscribe\""));

        assertThat(catchThrowable(() -> verifier("news=subscribe").verify(token)))
                .isInstanceOf(TokenRejectedException.class)
                .hasMessage("scope: not an array of strings");
    }

    @Test
    void listThatIsNone_isRefused_althoughItNeedNotBeThere() {
        for (String list : List.of("\"*\"", "5", "null", "[5]", "{}", "[]")) {
            String token = HandMade.token(claims("\"authorizedChannels\":" + list));
            assertThat(catchThrowable(() -> verifier("news=subscribe").verify(token)))
                    .isInstanceOf(TokenRejectedException.class)
                    .hasMessageStartingWith("authorizedChannels");
        }
    }

    @Test
    void tokenThatGetsNothing_isGood_andMayNothing() throws Exception {
        Identity identity = verifier("org:{org}:*=subscribe").verify(ofIssuer(NO_LISTS, "-\"scope\":"));

        assertThat(identity.subject()).isEqualTo("alice");
        assertThat(identity.maySubscribe("org:1:a")).isFalse();
    }

    @Test
    void channelsOfBothScopes_areHeldOnce() throws Exception {
        Identity identity = verifier("u:{sub}:*=subscribe+publish").verify(ofIssuer(NO_LISTS, "-\"scope\":"));

        assertThat(identity.publishable()).isSameAs(identity.subscribable());
    }

    /** This number of groups makes a token of 13 kB: linear cost, and not cached. */
    @Test
    void manyValues_giveManyChannels_andAreComputedAgain() throws Exception {
        String groups = IntStream.range(0, 1_500).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(","));
        TokenVerifier verifier = verifier("g:{groups[]}:*=subscribe");
        String token = ofIssuer(NO_LISTS, "-\"scope\":", "\"groups\":[" + groups + "]");

        Identity identity = verifier.verify(token);
        assertThat(identity.maySubscribe("g:1499:x")).isTrue();
        assertThat(identity.maySubscribe("g:1500:x")).isFalse();
        assertThat(verifier.verify(token)).isNotSameAs(identity);
    }
}
