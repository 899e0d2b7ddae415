package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The meters of one file of secrets that is read again while the node runs. Safe from any thread. */
public final class SecretMetrics {
    /** The result of reading a changed file. */
    public enum Outcome {
        /** In use. */
        LOADED("loaded"),
        /** The file is missing, cannot be read, or is not text. */
        UNREADABLE("unreadable"),
        /** It is empty, or its content would prevent a start. */
        INVALID("invalid");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }
    }

    private final Map<Outcome, Counter> reloads = new EnumMap<>(Outcome.class);
    private final AtomicInteger stale = new AtomicInteger();

    SecretMetrics(Meters meters, String secrets) {
        for (Outcome outcome : Outcome.values()) {
            reloads.put(
                    outcome,
                    meters.counter(
                            "secrets.reloads",
                            "Changes of a file of secrets, by outcome",
                            "secrets",
                            secrets,
                            "outcome",
                            outcome.label));
        }
        meters.gauge(
                "secrets.stale",
                "",
                "1 while the file cannot be used and the node keeps the previous contents",
                stale,
                AtomicInteger::get,
                "secrets",
                secrets);
    }

    public void countReload(Outcome outcome) {
        Counter counter = reloads.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    public void stale(boolean isStale) {
        stale.set(isStale ? 1 : 0);
    }
}
