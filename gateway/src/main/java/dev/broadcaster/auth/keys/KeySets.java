package dev.broadcaster.auth.keys;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The key sets of all issuers. Safe from any thread. */
public final class KeySets implements AutoCloseable {
    private final Map<String, KeySet> sets = new LinkedHashMap<>(); // not changed after the constructor
    private final @Nullable ExecutorService executor;

    private KeySets() {
        this.executor = null;
    }

    private KeySets(
            List<Issuer> issuers,
            KeySetServer server,
            @Nullable ExecutorService executor,
            TimingWheel wheel,
            Time time,
            Metrics metrics) {
        this.executor = executor;
        for (Issuer issuer : issuers) {
            sets.put(issuer.name(), new KeySet(issuer, server, wheel, time, metrics.keySet(issuer.name())));
        }
    }

    /** No sets. */
    public static KeySets none() {
        return new KeySets();
    }

    /** Sets that are fetched from {@code server} when {@link #start} has been called. */
    static KeySets from(KeySetServer server, List<Issuer> issuers, TimingWheel wheel, Time time, Metrics metrics) {
        return new KeySets(issuers, server, null, wheel, time, metrics);
    }

    /** Sets that are fetched over HTTP when {@link #start} has been called. Without issuers it has no thread. */
    public static KeySets overHttp(List<Issuer> issuers, TimingWheel wheel, Time time, Metrics metrics) {
        if (issuers.isEmpty()) {
            return none();
        }
        ExecutorService executor = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "broadcaster-keys");
            thread.setDaemon(true);
            return thread;
        });
        return new KeySets(issuers, new HttpKeySetServer(executor), executor, wheel, time, metrics);
    }

    /** Starts to fetch. */
    public void start() {
        sets.values().forEach(KeySet::start);
    }

    /** The set of the issuer with exactly this name; null if there is none. */
    public @Nullable KeySet of(String issuer) {
        return sets.get(issuer);
    }

    /** All sets. */
    public Collection<KeySet> all() {
        return sets.values();
    }

    /**
     * The faults of the servers' answers, while none has ever given a good one; null if one has, or there are no
     * issuers.
     */
    public @Nullable String trouble() {
        if (sets.isEmpty() || sets.values().stream().anyMatch(KeySet::hasAnswered)) {
            return null;
        }
        StringBuilder trouble = new StringBuilder("no key to verify tokens with:");
        sets.values()
                .forEach(set -> trouble.append(' ')
                        .append(set.issuer().keySet())
                        .append(": ")
                        .append(set.problem())
                        .append(';'));
        return trouble.substring(0, trouble.length() - 1);
    }

    @Override
    public void close() {
        sets.values().forEach(KeySet::close);
        if (executor != null) {
            executor.shutdownNow();
        }
    }
}
