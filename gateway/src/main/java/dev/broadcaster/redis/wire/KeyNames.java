package dev.broadcaster.redis.wire;

import java.nio.charset.StandardCharsets;

/**
 * The names of keys and topics in Redis. Each begins with the prefix, and those of a channel share its hash tag:
 *
 * <pre>
 * broadcaster:{p08-52}:m:chat:lobby       the topic of its messages
 * broadcaster:{p08-52}:o:chat:lobby       its counter
 * broadcaster:{p08-52}:h:chat:lobby       its history
 * broadcaster:{p08-52}:k:chat:lobby key   what an idempotency key was answered with
 * </pre>
 *
 * <p>The name of a channel may have any characters, also braces and spaces: the tag is between the first braces. The methods
 * take names as {@link #bytes} gives them.
 */
public final class KeyNames {
    private final String[] topics = new String[HashTags.COUNT];
    private final String[] counters = new String[HashTags.COUNT];
    private final String[] histories = new String[HashTags.COUNT];
    private final String[] answers = new String[HashTags.COUNT];

    /**
     * Names under {@code prefix}.
     *
     * @param database the number of the database: two databases have separate keys, but no separate topics
     */
    public KeyNames(String prefix, int database) {
        String topicPrefix = database == 0 ? prefix : prefix + '@' + database;
        for (int i = 0; i < HashTags.COUNT; i++) {
            String tag = ":{" + HashTags.text(i) + "}:";
            topics[i] = topicPrefix + tag + "m:";
            counters[i] = prefix + tag + "o:";
            histories[i] = prefix + tag + "h:";
            answers[i] = prefix + tag + "k:";
        }
    }

    /**
     * {@code name} with one character per byte of its UTF-8, the form of all names here. The name itself if it is ASCII.
     */
    public static String bytes(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) > 0x7f) {
                return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return name;
    }

    public String topic(int partition, String channel) {
        return topics[partition].concat(channel);
    }

    public String counter(int partition, String channel) {
        return counters[partition].concat(channel);
    }

    public String history(int partition, String channel) {
        return histories[partition].concat(channel);
    }

    /**
     * The key of an answer. Unique per pair: a channel without a space ends at the first space; a channel with a space
     * follows a space and its length.
     */
    public String answer(int partition, String channel, String idempotencyKey) {
        String pair = channel + ' ' + idempotencyKey;
        return answers[partition] + (channel.indexOf(' ') < 0 ? pair : " " + channel.length() + ' ' + pair);
    }
}
