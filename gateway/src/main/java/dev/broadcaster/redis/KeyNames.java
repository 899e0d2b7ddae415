package dev.broadcaster.redis;

import java.nio.charset.StandardCharsets;

/**
 * What things are called in Redis. Everything begins with the prefix, and a channel's things share its hash tag:
 *
 * <pre>
 * broadcaster:{p08-52}:m:chat:lobby       the topic of its messages
 * broadcaster:{p08-52}:o:chat:lobby       its counter
 * broadcaster:{p08-52}:h:chat:lobby       its history
 * broadcaster:{p08-52}:k:chat:lobby key   what an idempotency key was answered with
 * </pre>
 *
 * <p>A channel's name may hold any characters, braces and spaces too: the tag is what stands between the first braces. The
 * methods take names as {@link #bytes} gives them.
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

    /**
     * {@code name} with a character for each byte of its UTF-8: what all names here are made of. The name itself if it is
     * ASCII.
     */
    static String bytes(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) > 0x7f) {
                return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            }
        }
        return name;
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

    /**
     * No two pairs have one name: a channel without a space ends at the first one; another stands behind a space and its
     * length.
     */
    String answer(int tag, String channel, String idempotencyKey) {
        String pair = channel + ' ' + idempotencyKey;
        return answers[tag] + (channel.indexOf(' ') < 0 ? pair : " " + channel.length() + ' ' + pair);
    }
}
