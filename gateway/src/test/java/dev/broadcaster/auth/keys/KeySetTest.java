package dev.broadcaster.auth.keys;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The times at which a key set is fetched, and the known keys while its server is away. */
class KeySetTest {
    private static final String ADDRESS = "https://id.example.com/jwks.json";
    private static final SigningKey OLD = SigningKey.ed25519("old");
    private static final SigningKey NEW = SigningKey.ed25519("new");

    private final FakeTime time = new FakeTime();
    private final TimingWheel wheel = new TimingWheel(time);
    private final Metrics metrics = new Metrics();
    private final FakeKeySetServer server = new FakeKeySetServer();
    private final KeySets sets =
            server.sets(List.of(new Issuer("https://id.example.com", URI.create(ADDRESS))), wheel, time, metrics);
    private final KeySet set = requireNonNull(sets.of("https://id.example.com"));

    @BeforeEach
    void start() {
        sets.start();
    }

    private void pass(Duration duration) {
        for (long minutes = duration.toMinutes(); minutes > 0; minutes--) {
            time.advance(Duration.ofMinutes(1));
            wheel.advance();
        }
    }

    private void answer(SigningKey... keys) {
        server.answer(SigningKey.set(
                java.util.Arrays.stream(keys).map(SigningKey::jwk).toArray(String[]::new)));
    }

    private boolean knows(String kid) {
        return set.find(kid) != null;
    }

    private double meter(String series) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + series));
    }

    @Test
    void set_isFetchedAtTheStart_andEveryFiveMinutes() {
        assertThat(server.requests()).isEqualTo(1);
        answer(OLD);
        assertThat(knows("old")).isTrue();

        pass(Duration.ofMinutes(4));
        assertThat(server.requests()).isEqualTo(1);
        pass(Duration.ofMinutes(2));
        assertThat(server.requests()).isEqualTo(2);
        assertThat(knows("old")).as("while it is asked").isTrue();
        answer(OLD, NEW);
        assertThat(knows("new")).isTrue();
    }

    @Test
    void oneRequest_isUnderWayAtATime() {
        CompletableFuture<Void> first = requireNonNull(set.askForUnknown());
        CompletableFuture<Void> second = requireNonNull(set.askForUnknown());
        assertThat(server.requests()).isEqualTo(1);
        assertThat(first).isNotDone();

        answer(OLD);
        assertThat(first).isCompleted();
        assertThat(second).isCompleted();
    }

    @Test
    void unknownKey_isAskedForOnceAMinute_howeverOften() {
        answer(OLD);
        int before = server.requests();

        server.answerAlways(SigningKey.set(OLD.jwk()));
        for (int second = 0; second < 600; second++) {
            for (int i = 0; i < 1_000; i++) {
                var unused = set.askForUnknown();
            }
            time.advance(Duration.ofSeconds(1));
            wheel.advance();
        }

        assertThat(server.requests() - before).isBetween(10, 11); // the regular fetches are postponed each time
    }

    @Test
    void unknownKey_isAskedFor_whenItCameJustAfterARegularRequest() {
        answer(OLD);

        assertThat(set.askForUnknown()).isNotNull();
        answer(OLD, NEW);
        assertThat(knows("new")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "garbage", "[]", "{}", "{\"keys\":5}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\"}]}"})
    void answerThatIsNoSet_changesNothing_andIsAskedForAgainAfterAMinute(String json) {
        answer(OLD);
        pass(Duration.ofMinutes(6));
        server.answer(json);
        assertThat(knows("old")).isTrue();
        assertThat(set.askForUnknown()).as("right after a bad answer").isNull();
        assertThat(meter("broadcaster_key_set_requests_total{issuer=\"https://id.example.com\",outcome=\"invalid\"}"))
                .isEqualTo(1);

        int before = server.requests();
        pass(Duration.ofMinutes(2));
        assertThat(server.requests()).isEqualTo(before + 1);
    }

    /** A node that starts before its network or its provider must not be out of service for a minute. */
    @Test
    void setThatWasNeverFetched_isAskedForAfter1_2_4SecondsAndSoOn_atMostEveryMinute() {
        List<Integer> seconds = new ArrayList<>();
        server.fail("away");
        for (int second = 1, asked = server.requests(); second <= 200; second++) {
            time.advance(Duration.ofSeconds(1));
            wheel.advance();
            if (server.requests() > asked) {
                asked = server.requests();
                seconds.add(second);
                server.fail("away");
            }
        }
        assertThat(seconds).startsWith(1, 3, 7, 15, 31, 63, 123);

        pass(Duration.ofMinutes(1));
        answer(OLD);
        assertThat(sets.trouble()).isNull();
    }

    @Test
    void serverThatIsAway_isAskedOnceAMinute_andItsKeysStayForADay() {
        answer(OLD);
        VerificationKey key = set.find("old");
        int before = server.requests();
        Duration away = Duration.ofHours(23);
        for (long minute = 0; minute < away.toMinutes(); minute++) {
            pass(Duration.ofMinutes(1));
            for (int i = 0; i < 100; i++) {
                var unused = set.askForUnknown();
            }
            failAll();
        }
        assertThat(server.requests() - before).isLessThanOrEqualTo((int) away.toMinutes());
        assertThat(set.find("old")).isSameAs(key);
        assertThat(sets.trouble()).as("readiness").isNull();
        assertThat(meter("broadcaster_key_set_keys{issuer=\"https://id.example.com\"}"))
                .isEqualTo(1);

        for (int minute = 0; minute < 65; minute++) {
            pass(Duration.ofMinutes(1));
            failAll();
        }
        assertThat(knows("old")).isFalse();
        assertThat(requireNonNull(key).isGone()).isTrue();
        assertThat(meter("broadcaster_key_set_keys{issuer=\"https://id.example.com\"}"))
                .isZero();

        pass(Duration.ofMinutes(2));
        answer(OLD);
        assertThat(knows("old")).as("when it is back").isTrue();
    }

    private void failAll() {
        if (server.isAsked()) {
            server.fail("away");
        }
    }

    @Test
    void keyThatIsStillThere_staysTheSame_andOneThatIsNotIsGone() {
        answer(OLD, NEW);
        VerificationKey old = requireNonNull(set.find("old"));
        VerificationKey fresh = requireNonNull(set.find("new"));

        pass(Duration.ofMinutes(6));
        answer(NEW);

        assertThat(set.find("new")).isSameAs(fresh);
        assertThat(fresh.isGone()).isFalse();
        assertThat(old.isGone()).isTrue();
        assertThat(knows("old")).isFalse();
    }

    @Test
    void keyUnderTheSameKid_isAnotherKey_whenItsMaterialChanges() {
        answer(OLD);
        VerificationKey old = requireNonNull(set.find("old"));

        pass(Duration.ofMinutes(6));
        answer(NEW.named("old"));

        assertThat(set.find("old")).isNotNull().isNotSameAs(old);
        assertThat(old.isGone()).isTrue();
    }

    @Test
    void trouble_isOfASetThatHasNeverAnswered() {
        assertThat(sets.trouble()).contains(ADDRESS, "has not answered yet");
        server.fail("status 404");
        assertThat(sets.trouble()).contains(ADDRESS, "status 404");
        assertThat(meter("broadcaster_key_set_loaded_seconds{issuer=\"https://id.example.com\"}"))
                .isZero();

        pass(Duration.ofMinutes(2));
        answer(OLD);
        assertThat(sets.trouble()).isNull();
        assertThat(meter("broadcaster_key_set_loaded_seconds{issuer=\"https://id.example.com\"}"))
                .isEqualTo(time.epochMillis() / 1_000);
    }

    @Test
    void setOfAStoppedNode_isNotFetched() {
        answer(OLD);
        sets.close();

        pass(Duration.ofMinutes(10));
        assertThat(set.askForUnknown()).isNull();
        assertThat(server.requests()).isEqualTo(1);
    }
}
