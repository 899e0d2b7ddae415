package dev.broadcaster.redis.wire;

/**
 * Divides the channels into {@value #COUNT} partitions that a cluster can spread. The keys and topics of a partition
 * have one hash tag, {@code {p08-52}}, and therefore one slot; the slots of the partitions are spread evenly. Few slots
 * make few batches.
 */
public final class HashTags {
    public static final int COUNT = 64;

    private static final int SLOTS = 16384;
    private static final String[] TAGS = new String[COUNT];
    private static final int[] TAG_SLOTS = new int[COUNT];

    static {
        int width = SLOTS / COUNT;
        for (int i = 0; i < COUNT; i++) {
            // The first number whose slot is in the middle half of the partition's range.
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

    /** The partition of {@code channel}, 0 to {@value #COUNT} - 1: the same on every node of every version. */
    public static int of(String channel) {
        int hash = channel.hashCode() * 0x9E3779B9;
        return hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(COUNT));
    }

    /** The text between the braces. */
    public static String text(int partition) {
        return TAGS[partition];
    }

    /** The slot of a partition in a cluster. */
    public static int slot(int partition) {
        return TAG_SLOTS[partition];
    }

    /** CRC-16/XMODEM, as in the Redis Cluster specification. */
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
