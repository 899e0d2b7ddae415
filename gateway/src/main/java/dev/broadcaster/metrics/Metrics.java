package dev.broadcaster.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one node, named {@code broadcaster_<noun>_<unit>}, with labels of few values: never a channel, a user
 * or an address. Safe from any thread; counters on the path of a delivery are adders that are updated once per batch.
 */
public final class Metrics implements AutoCloseable {
    /** The close codes of the gateway above the range of RFC 6455. */
    private static final Set<Integer> OWN_CLOSES = Set.of(4400, 4401, 4403, 4408, 4409, 4429);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Meters meters = new Meters(registry);
    private final ProcessMeters process = new ProcessMeters(registry);

    private final LongAdder messagesDelivered = counter("messages.delivered", "Messages written to a subscription");
    private final LongAdder messagesFannedOut = counter("messages.fanned.out", "Messages that had a subscriber here");
    private final LongAdder messagesRecovered =
            counter("messages.recovered", "Messages replayed from a history to clients that were away");
    private final Counter recovered = recoveries("recovered");
    private final Counter notRecovered = recoveries("refused");
    private final LongAdder bytesIn = meters.adder("received", "bytes", "Bytes read from WebSocket connections");
    private final LongAdder bytesOut = meters.adder("sent", "bytes", "Bytes written to WebSocket connections");
    private final LongAdder bytesSaved =
            meters.adder("saved", "bytes", "Bytes that compression saved on WebSocket connections");
    private final LongAdder writes =
            counter("socket.writes", "Writes to WebSocket connections, each at least one system call");
    private final LongAdder holes =
            counter("holes", "Holes in the seq of channels with a subscriber here: messages were finally lost");
    private final LongAdder queueBytes = new LongAdder();
    private final LongAdder subscriptions = new LongAdder();
    private final LongAdder connectionsOpened =
            counter("connections.opened", "WebSocket connections accepted since the start");
    private final Map<Refusal, Counter> refusals = new EnumMap<>(Refusal.class);
    private final CountersByCode errors =
            new CountersByCode(meters, "errors", "Error responses to WebSocket requests, by code", "code");
    private final CountersByCode closes = new CountersByCode(
            meters, "closes", "Ends of WebSocket connections, by close code; 1006 = no close frame", "code");
    private final CountersByCode authentications = new CountersByCode(
            meters, "authentications", "WebSocket connections that authenticated, by client library", "client");
    private final Counter messagesFromRest = messagesPublished("rest");
    private final Counter messagesFromWebSocket = messagesPublished("websocket");
    private final Timer publishFromRest = publishTimer("rest");
    private final Timer publishFromWebSocket = publishTimer("websocket");
    private final Timer fanout = meters.timer(
            "fanout.duration",
            "From the relay's delivery of a message to the last socket write of its fan-out on a shard");

    @GuardedBy("this")
    private @Nullable RelayMetrics relay;

    /** Meters of a new node: everything is 0. */
    public Metrics() {
        for (Refusal refusal : Refusal.values()) {
            refusals.put(
                    refusal,
                    meters.counter(
                            "refusals", "Connections and HTTP requests refused, by reason", "reason", refusal.label()));
        }
        gauge("queue", "bytes", "Bytes that wait for slow clients", queueBytes, LongAdder::sum);
        gauge("subscriptions", "", "Live subscriptions", subscriptions, LongAdder::sum);
    }

    /** Registers {@code broadcaster_<noun>[_<unit>]}, read from {@code source} at each scrape. */
    public <T> void gauge(String noun, String unit, String description, T source, ToDoubleFunction<T> value) {
        meters.gauge(noun, unit, description, source, value);
    }

    /**
     * Registers {@code broadcaster_budget_used_bytes} and {@code broadcaster_budget_limit_bytes} of one account of the
     * memory budget.
     *
     * @param account a label
     */
    public <T> void budget(String account, T source, ToDoubleFunction<T> used, ToDoubleFunction<T> limit) {
        budgetGauge("used", "Bytes held for clients and publishers, by account", account, source, used);
        budgetGauge("limit", "The largest number of bytes that an account may hold", account, source, limit);
    }

    private <T> void budgetGauge(String noun, String description, String account, T source, ToDoubleFunction<T> value) {
        meters.gauge("budget." + noun, "bytes", description, source, value, "account", account);
    }

    /** Each run counts one refusal, cut or early drop because an account of the memory budget is full. */
    public Runnable countedBudgetRefusals(String account) {
        Counter counter = meters.counter(
                "budget.refusals",
                "Requests refused, clients cut and messages or keys dropped because memory is short, by account",
                "account",
                account);
        return counter::increment;
    }

    /** Takes the nanoseconds that an offer waited until the shard {@code number} took it. */
    public LongConsumer shardLag(int number) {
        Timer timer = meters.timer(
                "shard.lag",
                "From an offer to a shard to the moment when the shard takes it",
                "shard",
                Integer.toString(number));
        return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    public void countRefusal(Refusal refusal) {
        Counter counter = refusals.get(refusal);
        if (counter != null) {
            counter.increment();
        }
    }

    /** Creates the counter of an error code before its first use. */
    public void expectError(String code) {
        errors.of(code);
    }

    /** Counts an error response; {@code code} is its wire name. */
    public void countError(String code) {
        errors.of(code).increment();
    }

    /** Creates the counter of a client library before its first use. */
    public void expectAuthentication(String client) {
        authentications.of(client);
    }

    /** Counts a connection that authenticated; {@code client} is the family of its library, one of a few. */
    public void countAuthentication(String client) {
        authentications.of(client).increment();
    }

    /** Creates the counter of a close code before its first use. */
    public void expectClose(int code) {
        closes.of(closeLabel(code));
    }

    /**
     * Counts the end of a connection.
     *
     * @param code the close code that the node sent, its own or the echoed one of the client; 1006 for an end without a
     *     close frame
     */
    public void countClose(int code) {
        closes.of(closeLabel(code)).increment();
    }

    /** Clients choose from thousands of codes; these share one value of the label. */
    private static String closeLabel(int code) {
        return code < 3000 || OWN_CLOSES.contains(code) ? Integer.toString(code) : "other";
    }

    public void countOpened() {
        connectionsOpened.increment();
    }

    /** Counts a hole: messages of a channel with a subscriber here are lost. */
    public void countHole() {
        holes.increment();
    }

    public void addSubscriptions(int difference) {
        subscriptions.add(difference);
    }

    public void addQueueBytes(long difference) {
        queueBytes.add(difference);
    }

    public void addBytesIn(long bytes) {
        bytesIn.add(bytes);
    }

    /** Counts {@code calls} writes that took {@code bytes} in all. */
    public void addWrites(long calls, long bytes) {
        writes.add(calls);
        bytesOut.add(bytes);
    }

    /** Counts the bytes that compression saved. */
    public void addSavedBytes(long bytes) {
        bytesSaved.add(bytes);
    }

    public void addFanout(long messages, long deliveries) {
        messagesFannedOut.add(messages);
        messagesDelivered.add(deliveries);
    }

    /** Counts a recovery, complete or refused. */
    public void countRecovery(boolean complete) {
        (complete ? recovered : notRecovered).increment();
    }

    /** Counts messages of a history that are delivered to one subscription before its live ones. */
    public void addReplayed(int messages) {
        messagesRecovered.add(messages);
        messagesDelivered.add(messages);
    }

    /** The time from the relay's delivery of a message to the last write of its fan-out, in nanoseconds. */
    public void recordFanout(long nanos) {
        fanout.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A publish over REST that the relay accepted, and the time from the complete body to the response. */
    public void recordRestPublish(int messages, long nanos) {
        messagesFromRest.increment(messages);
        publishFromRest.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A publish over WebSocket that the relay accepted, and the time from the request to the reply. */
    public void recordWebSocketPublish(long nanos) {
        messagesFromWebSocket.increment();
        publishFromWebSocket.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** The meters of a relay that joins nodes; they exist from the first call on. */
    public synchronized RelayMetrics relay() {
        RelayMetrics known = relay;
        if (known == null) {
            known = new RelayMetrics(meters);
            relay = known;
        }
        return known;
    }

    /**
     * The meters of a file of secrets, called once for each.
     *
     * @param secrets the contents of the file, a label
     */
    public SecretMetrics secrets(String secrets) {
        return new SecretMetrics(meters, secrets);
    }

    /**
     * Meters for the key set of one issuer.
     *
     * @param issuer a label: an entry of the settings
     */
    public KeySetMetrics keySet(String issuer) {
        return new KeySetMetrics(meters, issuer);
    }

    /** The meters of the control API, called once. */
    public ControlMetrics control() {
        return new ControlMetrics(meters);
    }

    /** All meters in the text format of Prometheus (version 0.0.4). Blocks; not for an I/O thread. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        process.close();
        registry.close();
    }

    /** Registers {@code broadcaster_<noun>_total}. */
    public LongAdder counter(String noun, String description) {
        return meters.adder(noun, "", description);
    }

    private Counter messagesPublished(String source) {
        return meters.counter(
                "messages.published", "Messages that the relay accepted from this node, by endpoint", "source", source);
    }

    private Counter recoveries(String result) {
        return meters.counter(
                "recoveries", "Subscribes with a last seen message, by outcome of the recovery", "result", result);
    }

    private Timer publishTimer(String source) {
        return meters.timer("publish.duration", "From a complete publish request to its reply", "source", source);
    }
}
