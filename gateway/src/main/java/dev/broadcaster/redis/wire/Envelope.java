package dev.broadcaster.redis.wire;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.message.Message;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message as Redis sends it, and as a history keeps it, with its position in the channel. On the wire, with a space after
 * each field but the last two:
 *
 * <pre>1 epoch offset id createTime - eventBytes "event"payload</pre>
 *
 * <p>The first field is the version. A node drops a message of another version, and the next offset reveals the loss, so a
 * fleet can be upgraded node by node. The sixth field is {@code h} if the channel keeps a history, else a dash.
 *
 * @param epoch the life of the counter that {@code offset} belongs to
 * @param offset 1 for the first message of the epoch, 1 more for each
 * @param id the id of the publish, never used again; also the id of the message if the channel keeps no history
 * @param kept true if the channel keeps a history
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is passed on once, never compared
public record Envelope(
        String epoch, long offset, String id, String createTime, boolean kept, byte[] event, byte[] payload) {
    private static final int MAX_FIELD = 64;
    /** The largest number of bytes before the event. */
    public static final int MAX_HEAD = 7 * (MAX_FIELD + 1);

    private static final int MAX_VERSION_DIGITS = 9;
    private static final byte[] VERSION = {'1', ' '};
    private static final char KEPT = 'h';
    private static final char NOT_KEPT = '-';
    private static final int MAX_DIGITS = 16;

    /** True if {@code bytes} begin with the number of another version. */
    public static boolean isOtherVersion(byte[] bytes) {
        for (int i = 0; i < Math.min(bytes.length, MAX_VERSION_DIGITS + 1); i++) {
            if (bytes[i] == ' ') {
                return i > 0 && !isThisVersion(bytes);
            }
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
        }
        return false;
    }

    private static boolean isThisVersion(byte[] bytes) {
        return bytes.length >= VERSION.length && bytes[0] == VERSION[0] && bytes[1] == VERSION[1];
    }

    /**
     * The envelope in {@code bytes}, or null if there is none. Copies the parts that it keeps, and does not change the
     * position of the buffer.
     */
    public static @Nullable Envelope parse(ByteBuffer bytes) {
        int length = bytes.remaining();
        if (length < VERSION.length || bytes.get(bytes.position()) != VERSION[0]) {
            return null; // counters and parts of histories end here
        }
        byte[] head = copy(bytes, 0, Math.min(length, MAX_HEAD)); // an array is read faster, byte for byte
        if (!isThisVersion(head)) {
            return null;
        }
        Fields fields = new Fields(head, VERSION.length);
        String epoch = fields.text();
        long offset = fields.number();
        String id = fields.text();
        String createTime = fields.text();
        int kept = fields.letter();
        long eventLength = fields.number();
        if (epoch.isEmpty() || offset < 1 || id.isEmpty() || createTime.isEmpty() || eventLength < 2) {
            return null;
        }
        if (kept != KEPT && kept != NOT_KEPT) {
            return null;
        }
        int eventStart = fields.position;
        if (eventLength >= length - eventStart) {
            return null; // no byte is left for the payload
        }
        int payloadStart = eventStart + (int) eventLength;
        return new Envelope(
                epoch,
                offset,
                id,
                createTime,
                kept == KEPT,
                copy(bytes, eventStart, payloadStart),
                copy(bytes, payloadStart, length));
    }

    /** The bytes from {@code start} to {@code end}, counted from the position of the buffer. */
    private static byte[] copy(ByteBuffer bytes, int start, int end) {
        byte[] copy = new byte[end - start];
        bytes.get(bytes.position() + start, copy);
        return copy;
    }

    /** The fields after the offset, in the form for the script. */
    public static byte[] tail(String id, String createTime, boolean kept, byte[] event, byte[] payload) {
        byte[] head = (id + ' ' + createTime + ' ' + (kept ? KEPT : NOT_KEPT) + ' ' + event.length + ' ')
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] tail = Arrays.copyOf(head, head.length + event.length + payload.length);
        System.arraycopy(event, 0, tail, head.length, event.length);
        System.arraycopy(payload, 0, tail, head.length + event.length, payload.length);
        return tail;
    }

    /** The envelope of a message in a history, from the bytes of {@link #tail}; null if they are not a tail. */
    public static @Nullable Envelope of(String epoch, long offset, byte[] tail) {
        byte[] head = ("1 " + epoch + ' ' + offset + ' ').getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, bytes, head.length, tail.length);
        return parse(ByteBuffer.wrap(bytes));
    }

    /** The id of the message for clients. */
    public String publicId() {
        return kept ? new HistoryId(epoch, offset).toString() : id;
    }

    /** The position of this message. */
    public Position position() {
        return new Position(epoch, offset);
    }

    /** The message for {@code channel}. */
    public Message message(String channel) {
        return new Message(publicId(), createTime, channel, event, payload);
    }

    /** The number in {@code text}, or -1 if there is none. */
    public static long number(String text) {
        byte[] digits = text.getBytes(StandardCharsets.ISO_8859_1);
        return number(digits, 0, digits.length);
    }

    private static long number(byte[] bytes, int start, int length) {
        if (length < 1 || length > MAX_DIGITS) {
            return -1;
        }
        long number = 0;
        for (int i = start; i < start + length; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** Reads one field after the other: an empty text, or -1, if there is none. */
    private static final class Fields {
        private final byte[] bytes;
        private int position;

        Fields(byte[] bytes, int position) {
            this.bytes = bytes;
            this.position = position;
        }

        String text() {
            int start = position;
            int length = next();
            return length < 0 ? "" : new String(bytes, start, length, StandardCharsets.ISO_8859_1);
        }

        long number() {
            int start = position;
            return Envelope.number(bytes, start, next());
        }

        int letter() {
            int start = position;
            return next() == 1 ? bytes[start] : -1;
        }

        /** The length of the field, which ends before {@code position}. */
        private int next() {
            int start = position;
            int end = Math.min(bytes.length, start + MAX_FIELD);
            for (int i = start; i < end; i++) {
                byte c = bytes[i];
                if (c == ' ') {
                    position = i + 1;
                    return i - start;
                }
                if (c < '!' || c > '~' || c == '"' || c == '\\') {
                    break; // it is copied into JSON unchanged
                }
            }
            position = bytes.length;
            return -1;
        }
    }
}
