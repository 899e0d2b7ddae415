package dev.broadcaster.protocol;

import dev.broadcaster.message.Message;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A broadcast notification (PROTOCOL section 4) without the digits of its {@code seq}, made once per node and shared by
 * all receivers: the arrays must not be written. Safe from any thread.
 *
 * <p>It counts the queues that hold it, so that its memory is counted once for any number of queues. A broadcast that
 * is written at once is never held.
 */
public final class EncodedBroadcast {
    /** The heap bytes of the object and the headers of its two arrays. */
    private static final int OBJECT_BYTES = 32 + 2 * 16;
    /** The heap bytes of the deflated form and the header of its suffix. */
    private static final int DEFLATED_BYTES = 32 + 16;

    private static final int FIELD_NAMES =
            ",'createTime':'','channel':'','event':,'payload':}}".length(); // with single quotes

    private static final int ONE_HOLDER = 2; // bit 0: the deflated form is counted with this one

    private static final AtomicIntegerFieldUpdater<EncodedBroadcast> HOLDERS =
            AtomicIntegerFieldUpdater.newUpdater(EncodedBroadcast.class, "holders");

    private final byte[] prefix;
    private final byte[] suffix;
    private final boolean isDeflated;
    private volatile @Nullable EncodedBroadcast deflated; // written under the lock of this
    private volatile int holders; // in units of ONE_HOLDER; written by HOLDERS

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
        JsonWriter suffix = new JsonWriter(suffixLength(message));
        return new EncodedBroadcast(prefix, fields(suffix, message).ascii("}").toBytes(), false);
    }

    /** The length of a suffix whose channel needs no escape; exact, because a writer copies its bytes if it is not. */
    private static int suffixLength(Message message) {
        return FIELD_NAMES
                + message.createTime().length()
                + message.channel().length()
                + message.event().length
                + message.payload().length;
    }

    /** All fields of {@code message} after its id and seq, to the end of its object. */
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

    /** The bytes before the digits of {@code seq}. */
    public byte[] prefix() {
        return prefix;
    }

    /** The bytes after them. */
    public byte[] suffix() {
        return suffix;
    }

    /** The length without the digits, in bytes. */
    public int length() {
        return prefix.length + suffix.length;
    }

    /** True if the suffix is deflated. */
    public boolean isDeflated() {
        return isDeflated;
    }

    /** True if the result of {@link #deflated} exists. */
    public boolean knowsDeflated() {
        return deflated != null;
    }

    /**
     * The same broadcast with its suffix deflated, or itself if that is not shorter. The first caller makes it; other
     * callers wait meanwhile, because they would have to do the same work, and all get the same object.
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

    /**
     * Counts one more queue that holds this.
     *
     * @return the heap bytes that were not held before: 0 for most holders except the first
     */
    public int hold() {
        int before;
        int after;
        do {
            before = holders;
            after = before + ONE_HOLDER | (hasShorter() ? 1 : 0);
        } while (!HOLDERS.compareAndSet(this, before, after));
        int own = before < ONE_HOLDER ? ownBytes() : 0;
        return (after & 1) == (before & 1) ? own : own + shorterBytes();
    }

    /**
     * Takes back a {@link #hold}.
     *
     * @return the heap bytes that are no longer held: 0 for all holders except the last
     */
    public int release() {
        int before;
        int after;
        do {
            before = holders;
            after = before - ONE_HOLDER;
            if (after < ONE_HOLDER) {
                after = 0;
            }
        } while (!HOLDERS.compareAndSet(this, before, after));
        if (after >= ONE_HOLDER) {
            return 0;
        }
        return ownBytes() + ((before & 1) == 0 ? 0 : shorterBytes());
    }

    /** True if this has a deflated form, which lives as long. */
    private boolean hasShorter() {
        EncodedBroadcast shorter = deflated;
        return shorter != null && shorter != this;
    }

    private int ownBytes() {
        return OBJECT_BYTES + aligned(prefix.length) + aligned(suffix.length);
    }

    private int shorterBytes() {
        EncodedBroadcast shorter = deflated;
        return shorter == null ? 0 : DEFLATED_BYTES + aligned(shorter.suffix.length);
    }

    private static int aligned(int length) {
        return length + 7 & ~7;
    }
}
