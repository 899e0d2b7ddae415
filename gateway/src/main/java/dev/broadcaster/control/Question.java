package dev.broadcaster.control;

/** What every node of a fleet is asked to do, or to tell (PROTOCOL section 13). */
public sealed interface Question {
    /** The largest number of channels in a page. */
    int MAX_CHANNELS = 1000;

    /**
     * Close the connections of a user.
     *
     * @param revoke true if the tokens of the user that were issued until now are refused from now on
     * @param reason for the client, at most {@value #MAX_REASON_BYTES} bytes of UTF-8
     */
    record Disconnect(String user, boolean revoke, String reason) implements Question {
        /** A close frame has room for no more (RFC 6455 section 5.5). */
        public static final int MAX_REASON_BYTES = 123;
    }

    /** End the subscriptions of a user to a channel. */
    record Unsubscribe(String user, String channel, String reason) implements Question {}

    /** Tell the connections of a user. */
    record User(String user) implements Question {}

    /**
     * Tell the channels with subscribers, and their numbers, by name.
     *
     * @param prefix the start of the names
     * @param after names after this one; empty for all
     * @param limit the largest number of channels, 1 to {@value #MAX_CHANNELS}
     */
    record Channels(String prefix, String after, int limit) implements Question {}

    /** The history of a channel was deleted: answer no client from an earlier reading. The answer has no content. */
    record Forget(String channel) implements Question {}

    /** Tell the number of subscriptions of a channel. */
    record Subscribers(String channel) implements Question {}
}
