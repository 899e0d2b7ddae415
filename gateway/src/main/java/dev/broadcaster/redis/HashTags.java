package dev.broadcaster.redis;

/**
 * Divides the channels into {@value #COUNT} parts that a cluster can spread: the keys and topics of a part have one hash
 * tag, {@code {p07-2}}, so they are one slot, and the slots of the parts lie evenly. Few slots make few batches.
 */
final class HashTags {
    static final int COUNT = 64;

    private static final int SLOTS = 16384;
    private static final String[] TAGS = new String[COUNT];
    private static final int[] TAG_SLOTS = new int[COUNT];

    static {
        int width = SLOTS / COUNT;
        for (int i = 0; i < COUNT; i++) {
            // The first number whose slot lies in the middle half of the part's own range.
            int number = 0;
            int slot;
            do {
                TAGS[i] = (i < 10 ? "p0" : "p") + i + '-' + number++;
                slot = crc16(TAGS[i]) % SLOTS;
            } while (slot < i * width + width / 4 || slot >= i * width + width * 3 / 4);
            TAG_SLOTS[i] = slot;
        }
    }

    private HashTags() {}

    /** The part of {@code channel}, 0 to {@value #COUNT} - 1: the same on every node of every version. */
    static int of(String channel) {
        int hash = channel.hashCode() * 0x9E3779B9;
        return hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(COUNT));
    }

    /** The text between the braces. */
    static String text(int tag) {
        return TAGS[tag];
    }

    /** The cluster's slot of a part. */
    static int slot(int tag) {
        return TAG_SLOTS[tag];
    }

    /** CRC-16/XMODEM, as the Redis Cluster specification has it. */
    private static int crc16(String text) {
        int crc = 0;
        for (int i = 0; i < text.length(); i++) {
            crc ^= text.charAt(i) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
        }
        return crc & 0xffff;
    }
}
