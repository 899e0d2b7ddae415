package dev.broadcaster.protocol;

import dev.broadcaster.message.Message;

/**
 * A broadcast notification (PROTOCOL section 4) but for the digits of its {@code seq}, made once a node and shared by all
 * who get it: nobody may write to the arrays.
 */
public final class EncodedBroadcast {
    private final byte[] prefix;
    private final byte[] suffix;

    private EncodedBroadcast(byte[] prefix, byte[] suffix) {
        this.prefix = prefix;
        this.suffix = suffix;
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
        return new EncodedBroadcast(prefix, fields(suffix, message).ascii("}").toBytes());
    }

    /** Everything of {@code message} behind its id and seq, to the end of its object. */
    static JsonWriter fields(JsonWriter json, Message message) {
        return json.ascii(",\"createTime\":\"")
                .ascii(message.createTime())
                .ascii("\",\"channel\":\"")
                .ascii(message.channel())
                .ascii("\",\"event\":")
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
}
