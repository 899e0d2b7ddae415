package dev.broadcaster.redis;

/**
 * What clients are told when Redis does not do what they asked for. Fixed texts: where Redis is, who the node is there and
 * what Redis says are for the log and the management port.
 */
final class Reasons {
    /** There is no connection, or none that is proved. */
    static final String AWAY = "the relay is away";
    /** Too much waits for its replies. */
    static final String BUSY = "the relay does not keep up";
    /** Redis has answered with an error. */
    static final String REFUSED = "the relay has refused it";
    /** Redis has answered a reading of a history with an error. */
    static final String UNREADABLE = "the relay has refused to read the history";
    /** There was no reply in time. */
    static final String SILENT = "the relay has not answered";
    /** A channel was not subscribed in time, for no reason that is known. */
    static final String UNCONFIRMED = "the relay has not confirmed";

    static final String STOPPING = "the node is stopping";

    private Reasons() {}
}
