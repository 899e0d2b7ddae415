package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The counters of one meter, distinguished by one label. Safe from any thread. */
final class CountersByCode {
    private final Meters meters;
    private final String noun;
    private final String description;
    private final String label;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();

    CountersByCode(Meters meters, String noun, String description, String label) {
        this.meters = meters;
        this.noun = noun;
        this.description = description;
        this.label = label;
    }

    /**
     * The counter of {@code code}, which exists from now on. A counter that appears with its first event shows
     * Prometheus no increase, so the expected ones are created at the start.
     */
    Counter of(String code) {
        return counters.computeIfAbsent(code, c -> meters.counter(noun, description, label, c));
    }
}
