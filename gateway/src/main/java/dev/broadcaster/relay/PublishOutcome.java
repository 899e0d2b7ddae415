package dev.broadcaster.relay;

/** What became of a publish. */
public sealed interface PublishOutcome {
    /**
     * The relay has it: everybody gets it, or a hole.
     *
     * @param id the message's id
     * @param createTime RFC 3339
     */
    record Accepted(String id, String createTime) implements PublishOutcome {}

    /** Its idempotency key was used before for another message on this channel. */
    record KeyReused() implements PublishOutcome {}

    /**
     * Nobody gets it.
     *
     * @param reason for the client, beginning with {@code not published}
     */
    record NotPublished(String reason) implements PublishOutcome {
        /** Too much is on its way already. */
        public static final NotPublished BUSY = new NotPublished("not published: the relay does not keep up");
    }

    /**
     * The answer was lost: everybody gets it, or nobody.
     *
     * @param reason for the client, beginning with {@code outcome unknown}
     */
    record Unknown(String reason) implements PublishOutcome {}
}
