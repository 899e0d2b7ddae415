package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/**
 * Registers meters, named {@code broadcaster_<noun>[_<unit>]}. A unit may be empty; {@code tags} are labels and their
 * values, in turn. Safe from any thread.
 */
record Meters(MeterRegistry registry) {
    private static final Duration[] DELIVERY_BUCKETS = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    Counter counter(String noun, String description, String... tags) {
        return Counter.builder("broadcaster." + noun)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    /** A counter that is read from an adder, for the path of a delivery. */
    LongAdder adder(String noun, String unit, String description, String... tags) {
        LongAdder adder = new LongAdder();
        FunctionCounter.builder("broadcaster." + noun, adder, LongAdder::sum)
                .description(description)
                .baseUnit(unit.isEmpty() ? null : unit)
                .tags(tags)
                .register(registry);
        return adder;
    }

    /** A timer with buckets from 100 µs to 10 s. */
    Timer timer(String noun, String description, String... tags) {
        return Timer.builder("broadcaster." + noun)
                .description(description)
                .tags(tags)
                .serviceLevelObjectives(DELIVERY_BUCKETS)
                .register(registry);
    }

    /** A gauge that is read from {@code source} at each scrape. */
    <T> void gauge(String noun, String unit, String description, T source, ToDoubleFunction<T> value, String... tags) {
        Gauge.builder("broadcaster." + noun, source, value)
                .description(description)
                .baseUnit(unit.isEmpty() ? null : unit)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }
}
