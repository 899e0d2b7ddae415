package dev.broadcaster.redis;

/**
 * What a node publishes to itself to know that it hears. Its channel is none that a client could name.
 *
 * @param tag the part whose Redis it proves
 */
record Probe(int tag, String channel, String topic) {
    /** A topic that is never subscribed, so that its unsubscribe can be tried. */
    String unusedTopic() {
        return topic + '-';
    }
}
