package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/** The meters of the control API (PROTOCOL section 13). Safe from any thread. */
public final class ControlMetrics {
    /** The requests of the API. */
    public enum Call {
        DISCONNECT,
        UNSUBSCRIBE,
        USER,
        CHANNELS,
        CHANNEL,
        DELETE_HISTORY
    }

    /** The outcomes of a request whose key and parameters are valid. */
    public enum Outcome {
        /** Every living node has answered. */
        COMPLETE,
        /** A node has not answered in time. */
        INCOMPLETE,
        /** Nothing was done. */
        FAILED
    }

    private final Meters meters;
    private final Map<Call, Map<Outcome, Counter>> calls = new EnumMap<>(Call.class);
    private final LongAdder lateAnswers;

    ControlMetrics(Meters meters) {
        this.meters = meters;
        for (Call call : Call.values()) {
            Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
            for (Outcome outcome : Outcome.values()) {
                outcomes.put(
                        outcome,
                        meters.counter(
                                "control.calls",
                                "Requests of the control API, by kind and outcome",
                                "call",
                                label(call),
                                "outcome",
                                label(outcome)));
            }
            calls.put(call, outcomes);
        }
        this.lateAnswers = meters.adder(
                "control.answers.late", "", "Answers of nodes that came after the response of the control API");
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    public void countCall(Call call, Outcome outcome) {
        Map<Outcome, Counter> outcomes = calls.get(call);
        Counter counter = outcomes == null ? null : outcomes.get(outcome);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Counts an answer of a node that came after the outcome. */
    public void countLateAnswer() {
        lateAnswers.increment();
    }

    /** Registers {@code broadcaster_revocations}, read from {@code source} at each scrape. */
    public <T> void revocations(T source, ToDoubleFunction<T> count) {
        meters.gauge("revocations", "", "Users whose tokens are refused until they have expired", source, count);
    }

    /** Registers {@code broadcaster_fleet_nodes}, read from {@code source} at each scrape. */
    public <T> void nodes(T source, ToDoubleFunction<T> count) {
        meters.gauge("fleet.nodes", "", "Living nodes of the fleet, as this node knows them", source, count);
    }
}
