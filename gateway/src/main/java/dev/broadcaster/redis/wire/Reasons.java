package dev.broadcaster.redis.wire;

/**
 * The reasons for clients when Redis does not execute a request. Fixed texts: the address of Redis, the user and the
 * errors of Redis are for the log and the management port.
 */
public final class Reasons {
    /** There is no connection, or it is not proved. */
    public static final String AWAY = "the relay is away";
    /** Too many bytes wait for their replies. */
    public static final String BUSY = "the relay does not keep up";
    /** Redis has answered with an error. */
    public static final String REFUSED = "the relay has refused it";
    /** Redis has answered the reading of a history with an error. */
    public static final String UNREADABLE = "the relay has refused to read the history";
    /** There was no reply in time. */
    public static final String SILENT = "the relay has not answered";
    /** A channel was not subscribed in time, for no known reason. */
    public static final String UNCONFIRMED = "the relay has not confirmed";

    public static final String STOPPING = "the node is stopping";

    private Reasons() {}
}
