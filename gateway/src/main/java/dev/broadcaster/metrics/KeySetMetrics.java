package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The meters of the key set of one issuer. Safe from any thread. */
public final class KeySetMetrics {
    /** The outcome of a request for a key set. */
    public enum Outcome {
        /** Its keys are in use. */
        LOADED,
        /** No response, no complete response in time, a response that is too large, or a status other than 200. */
        UNREACHABLE,
        /** A response that is not a key set, or has no usable key. */
        INVALID
    }

    private final Map<Outcome, Counter> requests = new EnumMap<>(Outcome.class);
    private final AtomicLong keys = new AtomicLong();
    private final AtomicLong loadedSeconds = new AtomicLong();

    KeySetMetrics(Meters meters, String issuer) {
        for (Outcome outcome : Outcome.values()) {
            requests.put(
                    outcome,
                    meters.counter(
                            "key.set.requests",
                            "Requests for the key set of an issuer, by outcome",
                            "issuer",
                            issuer,
                            "outcome",
                            outcome.name().toLowerCase(Locale.ROOT)));
        }
        meters.gauge(
                "key.set.keys", "", "Keys of an issuer that verify tokens", keys, AtomicLong::get, "issuer", issuer);
        meters.gauge(
                "key.set.loaded",
                "seconds",
                "Time of the last fetch of the key set of an issuer, in seconds since 1970; 0 = never",
                loadedSeconds,
                AtomicLong::get,
                "issuer",
                issuer);
    }

    public void countRequest(Outcome outcome) {
        Counter counter = requests.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    /** A set with this number of new keys is in use. */
    public void onLoaded(int newKeys, long epochSeconds) {
        keys.set(newKeys);
        loadedSeconds.set(epochSeconds);
    }

    /** No key is in use any more. */
    public void onForgotten() {
        keys.set(0);
    }
}
