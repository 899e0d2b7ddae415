package dev.broadcaster.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The meters of a relay that joins nodes. Safe from any thread. */
public final class RelayMetrics {
    /** The outcome of a publish. */
    public enum Outcome {
        ACCEPTED("accepted"),
        KEY_REUSED("key_reused"),
        NOT_PUBLISHED("not_published"),
        UNKNOWN("unknown");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }
    }

    /** The reason why a received message was not delivered. */
    public enum Dropped {
        /** Duplicate, or received on a connection that has been replaced. */
        DUPLICATE("duplicate"),
        /** An envelope of a version that this node does not know. */
        VERSION("unknown_version"),
        /** Not an envelope at all. */
        MALFORMED("malformed"),
        /** For a channel to which this node did not subscribe. */
        STRAY("stray");

        private final String label;

        Dropped(String label) {
            this.label = label;
        }
    }

    /** What is known of a loss. */
    public enum Loss {
        /** Redis had accepted the messages. */
        CERTAIN("certain"),
        /** Redis may have lost its counter, and cannot tell whether there was a message: one is counted. */
        POSSIBLE("possible");

        private final String label;

        Loss(String label) {
            this.label = label;
        }
    }

    /** The use of a connection to Redis. */
    public enum Link {
        COMMANDS("commands"),
        SUBSCRIPTIONS("subscriptions");

        private final String label;

        Link(String label) {
            this.label = label;
        }
    }

    private final Map<Outcome, LongAdder> publishes = new EnumMap<>(Outcome.class);
    private final Map<Dropped, LongAdder> dropped = new EnumMap<>(Dropped.class);
    private final Map<Loss, LongAdder> lost = new EnumMap<>(Loss.class);
    private final Map<Link, Counter> connects = new EnumMap<>(Link.class);
    private final LongAdder received;
    private final Counter losses;
    private final LongAdder repaired;
    private final LongAdder incomplete;
    private final LongAdder historyReads;
    private final LongAdder resubscribed;
    private final Timer lag;

    RelayMetrics(Meters meters) {
        for (Outcome outcome : Outcome.values()) {
            publishes.put(
                    outcome,
                    adder(meters, "publishes", "Publishes sent to Redis, by outcome", "outcome", outcome.label));
        }
        for (Dropped why : Dropped.values()) {
            dropped.put(
                    why,
                    adder(meters, "messages.dropped", "Messages from Redis that were dropped", "reason", why.label));
        }
        for (Loss loss : Loss.values()) {
            lost.put(
                    loss,
                    adder(
                            meters,
                            "messages.lost",
                            "Messages that this node has detected as lost, each inside a hole in seq",
                            "loss",
                            loss.label));
        }
        for (Link link : Link.values()) {
            connects.put(
                    link,
                    meters.counter(
                            "relay.connects",
                            "Connections to Redis that were made, first ones and reconnects",
                            "link",
                            link.label));
        }
        received = adder(meters, "messages.received", "Messages received from Redis for channels of this node");
        losses = meters.counter("relay.losses", "Times that messages of a channel were lost");
        repaired = adder(meters, "messages.repaired", "Messages that this node had missed and read from a history");
        incomplete = adder(
                meters,
                "publishes.incomplete",
                "Messages that were published, but could not be kept in a history or whose idempotency key could not be stored");
        historyReads = adder(meters, "history.reads", "Readings of a channel's history, to repair or to recover");
        resubscribed = adder(meters, "resubscriptions", "Channels subscribed again after their subscription had ended");
        lag = meters.timer(
                "relay.lag", "From a message's creation on its node to its fan-out on this one, by their two clocks");
    }

    public void countPublish(Outcome outcome) {
        add(publishes.get(outcome), 1);
    }

    public void countDropped(Dropped why) {
        add(dropped.get(why), 1);
    }

    public void countConnect(Link link) {
        Counter counter = connects.get(link);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Counts a message that is fanned out, and its age. */
    public void countReceived(long lagMillis) {
        received.increment();
        lag.record(Math.max(0, lagMillis), TimeUnit.MILLISECONDS);
    }

    /** Counts lost messages of one channel. */
    public void countLost(Loss loss, long messages) {
        losses.increment();
        add(lost.get(loss), messages);
    }

    public void countRepaired() {
        repaired.increment();
    }

    /** Counts a message that was published, but not completely kept. */
    public void countIncomplete() {
        incomplete.increment();
    }

    public void countHistoryRead() {
        historyReads.increment();
    }

    public void countResubscribed(long channels) {
        resubscribed.add(channels);
    }

    private static void add(@Nullable LongAdder adder, long count) {
        if (adder != null) {
            adder.add(count);
        }
    }

    private static LongAdder adder(Meters meters, String noun, String description, String... tags) {
        return meters.adder("relay." + noun, "", description, tags);
    }
}
