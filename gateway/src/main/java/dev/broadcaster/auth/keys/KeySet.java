package dev.broadcaster.auth.keys;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.broadcaster.metrics.KeySetMetrics;
import dev.broadcaster.metrics.KeySetMetrics.Outcome;
import dev.broadcaster.protocol.MalformedJsonException;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one identity provider, from its last JWK Set. A search for a key never blocks. The set is fetched at the
 * start, {@link #REFRESH} after a good answer, {@link #RETRY} after a bad one, and for a missing key at most once per
 * {@link #RETRY}, and not within that time after a bad answer. Before the first good answer it is fetched after 1, 2, 4
 * and more seconds, because the node may not be ready without it. Without a good answer the keys stay for
 * {@link #KEEP}.
 *
 * <p>nimbus has similar sources; but they fetch while the caller waits and holds a lock, follow redirects, and have no
 * limit for a slow server.
 *
 * <p>Safe from any thread.
 */
public final class KeySet extends TimingWheel.Timer {
    static final Duration REFRESH = Duration.ofMinutes(5);
    static final Duration RETRY = Duration.ofMinutes(1);
    static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    static final Duration KEEP = Duration.ofHours(24);

    private static final Logger LOG = LoggerFactory.getLogger(KeySet.class);

    private final Issuer issuer;
    private final KeySetServer server;
    private final TimingWheel wheel;
    private final Time time;
    private final KeySetMetrics metrics;

    private volatile Map<String, VerificationKey> keys = Map.of();
    private volatile String problem = "has not answered yet"; // empty when the last answer was good

    @GuardedBy("this")
    private @Nullable CompletableFuture<Void> asking;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private boolean everGood;

    @GuardedBy("this")
    private Duration nextRetry = FIRST_RETRY; // until everGood

    @GuardedBy("this")
    private long lastGood; // nanos, once everGood

    @GuardedBy("this")
    private long mayAskAgainFor; // nanos; for a key that is not in the set

    KeySet(Issuer issuer, KeySetServer server, TimingWheel wheel, Time time, KeySetMetrics metrics) {
        this.issuer = issuer;
        this.server = server;
        this.wheel = wheel;
        this.time = time;
        this.metrics = metrics;
        this.mayAskAgainFor = time.nanos();
    }

    /** The issuer of these keys. */
    public Issuer issuer() {
        return issuer;
    }

    /**
     * The key with this name, or null if it is not here.
     *
     * @param kid of the token; null if it has none, and then the set must have exactly one key
     */
    public @Nullable VerificationKey find(@Nullable String kid) {
        Map<String, VerificationKey> now = keys;
        if (kid == null) {
            return now.size() == 1 ? now.values().iterator().next() : null;
        }
        return kid.equals(JwkSet.UNNAMED) ? null : now.get(kid);
    }

    /** The number of keys. */
    public int size() {
        return keys.size();
    }

    /** The fault of the last answer; empty if it was good. */
    public String problem() {
        return problem;
    }

    /** True if there was ever a good answer. */
    synchronized boolean hasAnswered() {
        return everGood;
    }

    /**
     * Asks the server for a missing key.
     *
     * @return complete, never with a failure, when the server has answered or failed to; null if it was asked too
     *     recently
     */
    public @Nullable CompletableFuture<Void> askForUnknown() {
        return ask(true);
    }

    /** Fetches the set, now and repeatedly. */
    void start() {
        if (issuer.isOpenToOthers()) {
            LOG.warn(
                    "JWT_ISSUERS: {}: an attacker in the network who changes {} can sign tokens; use https",
                    issuer,
                    issuer.keySet());
        }
        var unused = ask(false);
    }

    synchronized void close() {
        closed = true;
        wheel.cancel(this);
    }

    /** On the timer's thread. */
    @Override
    protected void onExpired() {
        var unused = ask(false);
    }

    private @Nullable CompletableFuture<Void> ask(boolean forUnknown) {
        CompletableFuture<Void> question;
        synchronized (this) {
            if (asking != null || closed) {
                return asking;
            }
            long now = time.nanos();
            if (forUnknown) {
                if (now - mayAskAgainFor < 0) {
                    return null;
                }
                mayAskAgainFor = now + RETRY.toNanos();
            }
            question = new CompletableFuture<>();
            asking = question;
        }
        var unused = server.fetch(issuer.keySet())
                .whenComplete((body, failure) ->
                        Fatal.guarded(() -> onAnswer(question, body, failure)).run());
        return question;
    }

    private void onAnswer(CompletableFuture<Void> question, byte @Nullable [] body, @Nullable Throwable failure) {
        String bad = "";
        Outcome outcome = Outcome.LOADED;
        Map<String, VerificationKey> fetched = Map.of();
        if (body == null || failure != null) {
            outcome = Outcome.UNREACHABLE;
            bad = reason(failure);
        } else {
            try {
                fetched = JwkSet.parse(body);
                if (fetched.isEmpty()) {
                    outcome = Outcome.INVALID;
                    bad = "no key in it that tokens may be verified with";
                }
            } catch (MalformedJsonException | RuntimeException e) {
                outcome = Outcome.INVALID;
                bad = "not a JWK Set: " + e.getMessage();
            }
        }
        metrics.countRequest(outcome);
        synchronized (this) {
            asking = null;
            if (bad.isEmpty()) {
                onGood(fetched);
            } else {
                onBad(bad);
            }
            if (!closed) {
                wheel.schedule(this, (bad.isEmpty() ? REFRESH : retry()).toNanos());
            }
        }
        question.complete(null);
    }

    /** The time until the next request after a bad answer. */
    @GuardedBy("this")
    private Duration retry() {
        if (everGood || nextRetry.compareTo(RETRY) > 0) {
            return RETRY;
        }
        Duration retry = nextRetry;
        nextRetry = retry.multipliedBy(2);
        return retry;
    }

    private static String reason(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause == null ? "no answer" : String.valueOf(cause.getMessage());
    }

    @GuardedBy("this")
    private void onGood(Map<String, VerificationKey> fetched) {
        int before = keys.size();
        int fresh = replace(fetched);
        lastGood = time.nanos();
        if (!problem.isEmpty() || fresh > 0 || before != fetched.size()) {
            LOG.info("JWT_ISSUERS: {} has {} keys, {} of them new", issuer, fetched.size(), fresh);
        }
        everGood = true;
        problem = "";
        metrics.onLoaded(fetched.size(), time.epochMillis() / 1_000);
    }

    /** The number of new keys. */
    @GuardedBy("this")
    private int replace(Map<String, VerificationKey> fetched) {
        Map<String, VerificationKey> old = keys;
        Map<String, VerificationKey> now = new HashMap<>(fetched);
        // A key that is still in the set remains the same object, so that tokens that it has verified stay known.
        now.replaceAll((kid, key) -> {
            VerificationKey known = old.get(kid);
            return known != null && known.isSameAs(key) ? known : key;
        });
        keys = Map.copyOf(now);
        old.values().stream().filter(key -> !now.containsValue(key)).forEach(VerificationKey::remove);
        return (int)
                now.values().stream().filter(key -> !old.containsValue(key)).count();
    }

    @GuardedBy("this")
    private void onBad(String bad) {
        long now = time.nanos();
        mayAskAgainFor = now + RETRY.toNanos();
        if (everGood && !keys.isEmpty() && now - lastGood >= KEEP.toNanos()) {
            replace(Map.of());
            metrics.onForgotten();
            LOG.error("JWT_ISSUERS: {} is away for {} h, its keys are no longer used", issuer, KEEP.toHours());
        }
        if (problem.isEmpty() || (!everGood && !bad.equals(problem))) { // once per outage
            LOG.warn("JWT_ISSUERS: {}: {}: {}; {} keys known", issuer, issuer.keySet(), bad, keys.size());
        }
        problem = bad;
    }
}
