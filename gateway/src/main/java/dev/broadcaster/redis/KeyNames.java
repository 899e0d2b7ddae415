package dev.broadcaster.redis;

/**
 * What things are called in Redis. Everything begins with the prefix, and a channel's things share its hash tag:
 *
 * <pre>
 * broadcaster:{p08-52}:m:chat:lobby       the topic of its messages
 * broadcaster:{p08-52}:o:chat:lobby       its counter
 * broadcaster:{p08-52}:h:chat:lobby       its history
 * broadcaster:{p08-52}:k:chat:lobby key   what an idempotency key was answered with
 * </pre>
 */
final class KeyNames {
    private final String[] topics = new String[HashTags.COUNT];
    private final String[] counters = new String[HashTags.COUNT];
    private final String[] histories = new String[HashTags.COUNT];
    private final String[] answers = new String[HashTags.COUNT];

    /**
     * Names under {@code prefix}.
     *
     * @param database the number of the database. Keys of two databases are apart by themselves; topics are not.
     */
    KeyNames(String prefix, int database) {
        String topicPrefix = database == 0 ? prefix : prefix + '@' + database;
        for (int i = 0; i < HashTags.COUNT; i++) {
            String tag = ":{" + HashTags.text(i) + "}:";
            topics[i] = topicPrefix + tag + "m:";
            counters[i] = prefix + tag + "o:";
            histories[i] = prefix + tag + "h:";
            answers[i] = prefix + tag + "k:";
        }
    }

    String topic(int tag, String channel) {
        return topics[tag].concat(channel);
    }

    String counter(int tag, String channel) {
        return counters[tag].concat(channel);
    }

    String history(int tag, String channel) {
        return histories[tag].concat(channel);
    }

    /** No channel holds a space, so no two pairs have one name. */
    String answer(int tag, String channel, String idempotencyKey) {
        return answers[tag] + channel + ' ' + idempotencyKey;
    }
}
