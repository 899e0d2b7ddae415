package dev.broadcaster.protocol;

import dev.broadcaster.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * A broadcast notification (PROTOCOL section 4) but for the digits of its {@code seq}, made once a node and shared by all
 * who get it: nobody may write to the arrays. Safe from any thread.
 */
public final class EncodedBroadcast {
    private final byte[] prefix;
    private final byte[] suffix;
    private final boolean isDeflated;
    private volatile @Nullable EncodedBroadcast deflated; // written under the lock of this

    private EncodedBroadcast(byte[] prefix, byte[] suffix, boolean isDeflated) {
        this.prefix = prefix;
        this.suffix = suffix;
        this.isDeflated = isDeflated;
    }

    /** The bytes of {@code message}. */
    public static EncodedBroadcast of(Message message) {
        byte[] prefix = new JsonWriter(96)
                .ascii("{\"method\":\"broadcast\",\"params\":{\"id\":\"")
                .ascii(message.id())
                .ascii("\",\"seq\":")
                .toBytes();
        JsonWriter suffix =
                new JsonWriter(88 + message.channel().length() + message.event().length + message.payload().length);
        return new EncodedBroadcast(prefix, fields(suffix, message).ascii("}").toBytes(), false);
    }

    /** Everything of {@code message} behind its id and seq, to the end of its object. */
    static JsonWriter fields(JsonWriter json, Message message) {
        return json.ascii(",\"createTime\":\"")
                .ascii(message.createTime())
                .ascii("\",\"channel\":")
                .string(message.channel())
                .ascii(",\"event\":")
                .raw(message.event())
                .ascii(",\"payload\":")
                .raw(message.payload())
                .ascii("}");
    }

    /** Everything before the digits of {@code seq}. */
    public byte[] prefix() {
        return prefix;
    }

    /** Everything after them. */
    public byte[] suffix() {
        return suffix;
    }

    /** The length without the digits, in bytes. */
    public int length() {
        return prefix.length + suffix.length;
    }

    /** Whether the suffix is deflated. */
    public boolean isDeflated() {
        return isDeflated;
    }

    /** Whether {@link #deflated} has its answer already. */
    public boolean knowsDeflated() {
        return deflated != null;
    }

    /**
     * The same with its suffix deflated, or itself where that does not pay. The first who asks has it made; who asks
     * meanwhile waits, as he would have to do the same work, and everybody gets the same.
     */
    public EncodedBroadcast deflated(Deflation deflation) {
        EncodedBroadcast known = deflated;
        return known != null ? known : deflate(deflation);
    }

    private synchronized EncodedBroadcast deflate(Deflation deflation) {
        EncodedBroadcast made = deflated;
        if (made == null) {
            byte[] shorter = deflation.deflate(suffix);
            made = shorter == null ? this : new EncodedBroadcast(prefix, shorter, true);
            deflated = made;
        }
        return made;
    }
}
