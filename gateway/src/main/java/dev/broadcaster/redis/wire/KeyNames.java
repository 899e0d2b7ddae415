package dev.broadcaster.redis.wire;

import java.nio.charset.StandardCharsets;

/**
 * The names of keys and topics in Redis. Each begins with the prefix. The channels are divided into {@value #PARTITIONS}
 * partitions, which a cluster can spread: the names of a partition have one hash tag, and therefore one slot. Few slots
 * make few batches.
 *
 * <pre>
 * broadcaster:{p08-52}:m:chat:lobby       the topic of its messages
 * broadcaster:{p08-52}:o:chat:lobby       its counter
 * broadcaster:{p08-52}:h:chat:lobby       its history
 * broadcaster:{p08-52}:k:chat:lobby key   what an idempotency key was answered with
 * broadcaster:{p08-52}:c:nodes            the state of the fleet, in one partition
 * </pre>
 *
 * <p>The name of a channel may have any characters, also braces and spaces: the tag is between the first braces. The methods
 * take names as {@link #bytes} gives them.
 */
public final class KeyNames {
    public static final int PARTITIONS = 64;

    /** Must never change: nodes with different tags do not receive each other's messages. */
    private static final String[] TAGS = {
        "p00-326", "p01-33", "p02-300", "p03-66", "p04-45", "p05-306", "p06-10", "p07-7",
        "p08-52", "p09-171", "p10-18", "p11-31", "p12-70", "p13-5", "p14-47", "p15-6",
        "p16-53", "p17-5", "p18-51", "p19-78", "p20-129", "p21-36", "p22-352", "p23-63",
        "p24-341", "p25-14", "p26-68", "p27-41", "p28-57", "p29-123", "p30-327", "p31-34",
        "p32-346", "p33-9", "p34-38", "p35-11", "p36-50", "p37-79", "p38-52", "p39-1",
        "p40-5", "p41-313", "p42-41", "p43-68", "p44-333", "p45-62", "p46-148", "p47-37",
        "p48-145", "p49-74", "p50-17", "p51-341", "p52-332", "p53-56", "p54-48", "p55-61",
        "p56-307", "p57-74", "p58-116", "p59-76", "p60-11", "p61-38", "p62-44", "p63-367"
    };

    /** The slots of the tags by the Redis Cluster specification: CRC-16/XMODEM modulo 16384. */
    private static final int[] TAG_SLOTS = {
        92, 334, 635, 886, 1114, 1385, 1634, 1876,
        2238, 2386, 2722, 2909, 3172, 3426, 3657, 4001,
        4244, 4514, 4748, 4979, 5267, 5480, 5772, 5968,
        6235, 6585, 6782, 7041, 7320, 7589, 7837, 8059,
        8345, 8582, 8882, 9037, 9332, 9611, 9836, 10063,
        10359, 10586, 10817, 11198, 11375, 11629, 11888, 12117,
        12405, 12712, 12875, 13133, 13419, 13682, 13984, 14175,
        14491, 14755, 14915, 15291, 15455, 15776, 15975, 16266
    };

    private final String[] topics = new String[PARTITIONS];
    private final String[] counters = new String[PARTITIONS];
    private final String[] histories = new String[PARTITIONS];
    private final String[] answers = new String[PARTITIONS];
    private final String[] states = new String[PARTITIONS];

    /**
     * Names under {@code prefix}.
     *
     * @param database the number of the database: two databases have separate keys, but no separate topics
     */
    public KeyNames(String prefix, int database) {
        String topicPrefix = database == 0 ? prefix : prefix + '@' + database;
        for (int i = 0; i < PARTITIONS; i++) {
            String tag = ":{" + TAGS[i] + "}:";
            topics[i] = topicPrefix + tag + "m:";
            counters[i] = prefix + tag + "o:";
            histories[i] = prefix + tag + "h:";
            answers[i] = prefix + tag + "k:";
            states[i] = prefix + tag + "c:";
        }
    }

    /** The partition of {@code channel}, 0 to {@value #PARTITIONS} - 1: the same on every node of every version. */
    public static int partition(String channel) {
        int hash = channel.hashCode() * 0x9E3779B9;
        return hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(PARTITIONS));
    }

    /** The hash tag of a partition: the text between the braces. */
    static String tag(int partition) {
        return TAGS[partition];
    }

    /** The slot of a partition in a cluster. */
    public static int slot(int partition) {
        return TAG_SLOTS[partition];
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

    /** The key of a part of the state of the fleet. */
    public String state(int partition, String name) {
        return states[partition].concat(name);
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
