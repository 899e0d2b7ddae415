package dev.broadcaster.bench;

import java.util.List;

/**
 * The work of the servers, a line of the table.
 *
 * @param name its name on the command line
 * @param title its name in the table
 * @param connections subscribers
 * @param channels subscription j of connection i is to channel (i x subscriptions + j) modulo this
 * @param subscriptions of each connection
 * @param rate messages per second, sent when they are due whatever is in flight; 0 for as fast as possible
 * @param inFlight with rate 0: the number of messages that may be not acknowledged or not delivered to all
 * @param payloadBytes the length of a payload
 * @param webSocket true if messages are published over WebSockets, instead of REST
 * @param publishers connections that publish
 * @param pipeline the number of publishes that a connection may have without an answer
 * @param stalled the number of subscribers that stop reading after they have subscribed
 */
record Workload(
        String name,
        String title,
        int connections,
        int channels,
        int subscriptions,
        double rate,
        int inFlight,
        int payloadBytes,
        boolean webSocket,
        int publishers,
        int pipeline,
        int stalled) {

    static final List<Workload> ALL = List.of(
            fanout("max", "1,000 subscribers, one channel, 32 publishes in flight", 1000, 1, 1, 0),
            fanout("steady", "1,000 subscribers, 50 messages/s", 1000, 1, 1, 50),
            fanout("channels", "5,000 connections, 1,000 channels, 4,000 messages/s", 5000, 1000, 1, 4000),
            fanout("ten", "2,000 connections with 10 of 4,000 channels each, 3,000 messages/s", 2000, 4000, 10, 3000),
            fanout(
                    "hundred",
                    "100 connections with 100 of 1,000 channels each, 1,000 messages/s",
                    100,
                    1000,
                    100,
                    1000),
            fanout("large", "1,000 subscribers, 50 messages/s, payloads of 4 kB", 1000, 1, 1, 50)
                    .with(4096, 0),
            fanout("healthy", "200 subscribers, 500 messages/s", 200, 1, 1, 500),
            fanout("stalled", "the same, 20 of them never read", 200, 1, 1, 500).with(150, 20),
            new Workload("rest", "REST publishes, no subscribers", 0, 100, 0, 0, 32, 150, false, 32, 1, 0),
            new Workload("websocket", "publishes over WebSocket, pipelined", 0, 100, 0, 0, 32, 150, true, 4, 8, 0));

    private static Workload fanout(
            String name, String title, int connections, int channels, int subscriptions, double rate) {
        int publishers = rate > 1000 ? 16 : 8;
        return new Workload(name, title, connections, channels, subscriptions, rate, 32, 150, false, publishers, 4, 0);
    }

    private Workload with(int newPayloadBytes, int newStalled) {
        return new Workload(
                name,
                title,
                connections,
                channels,
                subscriptions,
                rate,
                inFlight,
                newPayloadBytes,
                webSocket,
                publishers,
                pipeline,
                newStalled);
    }

    /** A fan-out of given sizes. */
    static Workload custom(int connections, int channels, int subscriptions, double rate, int payloadBytes) {
        String title = connections + " connections with " + subscriptions + " of " + channels + " channels, "
                + (rate == 0 ? "32 publishes in flight" : rate + " messages/s") + ", " + payloadBytes + " bytes";
        return fanout("custom", title, connections, channels, subscriptions, rate)
                .with(payloadBytes, 0);
    }

    /** True if there are no subscribers, so that publishes are counted instead of deliveries. */
    boolean publishesOnly() {
        return connections == 0;
    }

    int channelOf(int connection, int subscription) {
        return (int) (((long) connection * subscriptions + subscription) % channels);
    }
}
