package dev.broadcaster.blackbox;

import java.util.List;

/** The names of the gauges that must return to zero when every client has left. */
final class Meters {

    static final String CONNECTIONS = "broadcaster_connections";
    static final String SUBSCRIPTIONS = "broadcaster_subscriptions";
    static final String QUEUE_BYTES = "broadcaster_queue_bytes";

    /** The bytes that the node holds for connections with unfinished input. */
    static final String INPUT_BYTES = "broadcaster_budget_used_bytes{account=\"input\"}";

    static final List<String> BASELINE = List.of(CONNECTIONS, SUBSCRIPTIONS, QUEUE_BYTES, INPUT_BYTES);

    private Meters() {}
}
