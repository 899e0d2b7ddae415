package dev.broadcaster.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The requests and the subscriptions of one virtual user, and its received frames, over all of its connections. For one
 * thread at a time, as Gatling runs a user.
 */
final class Inbox {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Ledger ledger;
    private final Latencies latencies;
    private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
    private final List<Subscription> lost = new ArrayList<>(); // with the connection, and not recovered
    private final List<String> problems = new ArrayList<>();
    private long requestId;
    private @Nullable String asked; // the channel that is being subscribed
    private long askedBy; // the request for it
    private boolean recovering;
    private int recovered;
    private int notRecovered;
    private final Set<Long> unanswered = new HashSet<>();
    private final Set<Long> results = new HashSet<>(); // the requests that were answered with a result
    private int slowest = -1;

    Inbox(Ledger ledger, Latencies latencies) {
        this.ledger = ledger;
        this.latencies = latencies;
    }

    /** A request with the next id. */
    String request(String method, String params) {
        unanswered.add(++requestId);
        return "{\"id\":" + requestId + ",\"method\":\"" + method + "\",\"params\":" + params + '}';
    }

    /** The request that subscribes to {@code channel}, possibly again on a new connection. */
    String subscribe(String channel) {
        asked = channel;
        askedBy = requestId + 1;
        Subscription before = subscriptions.get(channel);
        recovering = before != null && !before.lastId().isEmpty();
        if (before == null) {
            subscriptions.put(channel, new Subscription(channel, ledger));
        } else if (!recovering) {
            startAnew(channel);
        }
        String since = recovering
                ? ",\"lastSeenMessageId\":\"" + subscriptions.get(channel).lastId() + '"'
                : "";
        return request("subscribe", "{\"channel\":\"" + channel + '"' + since + '}');
    }

    /**
     * Takes a frame.
     *
     * @return the frame, if it is the reply to a request; else null
     */
    @Nullable
    String onFrame(String text, long receivedAtMillis) {
        JsonNode frame;
        try {
            frame = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            problems.add("not JSON: " + text);
            return null;
        }
        if (frame.path("method").asText().equals("broadcast")) {
            onBroadcast(frame.path("params"), receivedAtMillis);
            return null;
        }
        long id = frame.path("requestId").asLong();
        if (!unanswered.remove(id)) {
            problems.add("unexpected: " + text);
            return null;
        }
        boolean result = frame.has("result");
        if (result) {
            results.add(id);
        }
        if (asked != null && id == askedBy) {
            if (result) {
                onSubscribed(
                        asked, frame.path("result").path("historyRecovered").asBoolean());
            }
            asked = null;
        }
        return text;
    }

    /** The id of the next request. */
    long nextRequestId() {
        return requestId + 1;
    }

    /** True if the last request was answered with a result. */
    boolean hasLastResult() {
        return results.contains(requestId);
    }

    /** True if the node has confirmed all of these subscriptions, on any connection. */
    boolean isSubscribedTo(List<String> channels) {
        return channels.stream()
                .allMatch(channel -> subscriptions.containsKey(channel)
                        && subscriptions.get(channel).isConfirmed());
    }

    /** True if the request with this id was answered with a result. */
    boolean hasResult(long id) {
        return results.contains(id);
    }

    private void onSubscribed(String channel, boolean historyRecovered) {
        if (recovering && historyRecovered) {
            recovered++;
            subscriptions.get(channel).onRecovered();
            return;
        }
        if (recovering) {
            notRecovered++;
            startAnew(channel);
        }
        subscriptions.get(channel).onConfirmed();
    }

    private void startAnew(String channel) {
        Subscription before = subscriptions.put(channel, new Subscription(channel, ledger));
        before.onLost();
        lost.add(before);
    }

    private void onBroadcast(JsonNode params, long receivedAtMillis) {
        String channel = params.path("channel").asText();
        Subscription subscription = subscriptions.get(channel);
        JsonNode payload = params.path("payload");
        if (subscription == null || !payload.path("n").isInt()) {
            problems.add("not ours: " + params);
            return;
        }
        int millis = (int) (receivedAtMillis - payload.path("at").asLong());
        latencies.record(millis);
        slowest = Math.max(slowest, Math.max(0, millis));
        subscription.onBroadcast(
                params.path("seq").asLong(),
                params.path("id").asText(),
                payload.path("n").asInt());
    }

    /** The time of the slowest delivery since the last call; negative if there was none. */
    int takeSlowestMillis() {
        int taken = slowest;
        slowest = -1;
        return taken;
    }

    /** From now on {@link #missing} counts the messages that have been accepted up to now. */
    void close() {
        subscriptions.values().forEach(Subscription::close);
    }

    /** The number of missing messages. */
    int missing() {
        return subscriptions.values().stream().mapToInt(Subscription::missing).sum();
    }

    int received() {
        return all().stream().mapToInt(Subscription::received).sum();
    }

    /** The number of subscriptions that were made again, with everything that they had missed. */
    int recovered() {
        return recovered;
    }

    /** The number of subscriptions whose recovery the node refused. */
    int notRecovered() {
        return notRecovered;
    }

    /** All faults of the received frames, one line each. */
    List<String> problems() {
        List<String> found = new ArrayList<>(problems);
        for (Subscription subscription : all()) {
            String channel = " of " + subscription.channel();
            add(found, subscription.holes(), "messages in holes of seq" + channel);
            add(found, subscription.duplicates(), "messages twice or out of order" + channel);
            add(found, subscription.refused(), "messages that were said to be not published" + channel);
            add(found, subscription.missing(), "messages missing" + channel + ": " + subscription.missingDescribed());
        }
        return found;
    }

    private static void add(List<String> found, long count, String what) {
        if (count > 0) {
            found.add(count + " " + what);
        }
    }

    private List<Subscription> all() {
        List<Subscription> all = new ArrayList<>(lost);
        all.addAll(subscriptions.values());
        return all;
    }
}
