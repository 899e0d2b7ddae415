package dev.broadcaster.relay;

/** The outcome of a publish. */
public sealed interface PublishOutcome {
    /**
     * The relay has accepted the message: every subscriber gets it, or a hole.
     *
     * @param id the message's id
     * @param createTime RFC 3339
     */
    record Accepted(String id, String createTime) implements PublishOutcome {}

    /** The idempotency key was used before for another message on this channel. */
    record KeyReused() implements PublishOutcome {}

    /**
     * No subscriber gets the message.
     *
     * @param reason for the client, starts with {@code not published}
     */
    record NotPublished(String reason) implements PublishOutcome {
        /** Too many bytes are in flight. */
        public static final NotPublished BUSY = new NotPublished("not published: the relay does not keep up");
    }

    /**
     * The answer was lost: all subscribers get the message, or none.
     *
     * @param reason for the client, starts with {@code outcome unknown}
     */
    record Unknown(String reason) implements PublishOutcome {}
}
