package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The counters of one meter, distinguished by one label. Safe from any thread. */
final class CountersByCode {
    private final MeterRegistry registry;
    private final String name;
    private final String description;
    private final String label;
    private final Map<String, Counter> counters = new ConcurrentHashMap<>();

    CountersByCode(MeterRegistry registry, String name, String description, String label) {
        this.registry = registry;
        this.name = name;
        this.description = description;
        this.label = label;
    }

    /**
     * The counter of {@code code}, which exists from now on. A counter that appears with its first event shows
     * Prometheus no increase, so the expected ones are created at the start.
     */
    Counter of(String code) {
        return counters.computeIfAbsent(
                code,
                c -> Counter.builder(name)
                        .description(description)
                        .tag(label, c)
                        .register(registry));
    }
}
