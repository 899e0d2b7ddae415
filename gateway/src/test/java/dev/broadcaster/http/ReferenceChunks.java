package dev.broadcaster.http;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RFC 9112 section 7.1, implemented a second time: the grammar as regular expressions, over a whole body at once,
 * without a limit. A body that it does not find complete is wrong or unfinished.
 */
public final class ReferenceChunks {
    private static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]++";
    private static final String BWS = "[ \\t]*+";
    private static final Pattern SIZE = Pattern.compile("[0-9A-Fa-f]++");
    private static final Pattern EXTENSION_NAME = Pattern.compile(BWS + ";" + BWS + TOKEN);
    private static final Pattern EQUALS = Pattern.compile(BWS + "=" + BWS);
    private static final Pattern EXTENSION_VALUE = Pattern.compile(TOKEN);
    private static final Pattern QUOTED_TEXT = Pattern.compile("[\\t !#-\\[\\]-~\\x80-\\xff]++");
    private static final Pattern QUOTED_PAIR = Pattern.compile("\\\\[\\t -~\\x80-\\xff]");
    private static final Pattern FIELD_LINE = Pattern.compile(TOKEN + ":[\\t -~\\x80-\\xff]*+\\r\\n");

    private ReferenceChunks() {}

    /**
     * A complete body.
     *
     * @param data the data of the chunks
     * @param length of all of it, up to the next request
     * @param otherBytes of extensions and trailer, roughly: at least as many as the node counts
     * @param digits of the longest size
     * @param fields of the trailer
     */
    public record Body(String data, int length, int otherBytes, int digits, int fields) {}

    /** The body that starts at {@code from}, if it is complete. */
    public static Optional<Body> read(String latin1, int from) {
        StringBuilder data = new StringBuilder();
        int at = from;
        int other = 0;
        int digits = 0;
        while (true) {
            int sizeEnd = end(SIZE, latin1, at);
            int dataBegin = sizeEnd < 0 ? -1 : afterExtensions(latin1, sizeEnd);
            if (dataBegin < 0 || !latin1.startsWith("\r\n", dataBegin)) {
                return Optional.empty();
            }
            String size = latin1.substring(at, sizeEnd);
            digits = Math.max(digits, size.length());
            other += dataBegin - sizeEnd + 2;
            at = dataBegin + 2;
            String significant = size.replaceFirst("^0+", "");
            if (significant.isEmpty()) {
                break;
            }
            if (significant.length() > 7) {
                return Optional.empty(); // longer than any test
            }
            int end = at + Integer.parseInt(significant, 16);
            if (end + 2 > latin1.length() || !latin1.startsWith("\r\n", end)) {
                return Optional.empty();
            }
            data.append(latin1, at, end);
            at = end + 2;
        }
        int fields = 0;
        int trailer = at;
        for (Matcher field = FIELD_LINE.matcher(latin1).region(at, latin1.length());
                field.lookingAt();
                field.region(at, latin1.length())) {
            at = field.end();
            fields++;
        }
        if (!latin1.startsWith("\r\n", at)) {
            return Optional.empty();
        }
        return Optional.of(new Body(data.toString(), at + 2 - from, other + at + 2 - trailer, digits, fields));
    }

    /** The end of all extensions from {@code at} on; -1 if one is malformed. */
    private static int afterExtensions(String latin1, int at) {
        int end = at;
        for (int name = end(EXTENSION_NAME, latin1, end); name >= 0; name = end(EXTENSION_NAME, latin1, end)) {
            int equals = end(EQUALS, latin1, name);
            end = equals < 0 ? name : afterValue(latin1, equals);
            if (end < 0) {
                return -1;
            }
        }
        return end;
    }

    private static int afterValue(String latin1, int at) {
        if (!latin1.startsWith("\"", at)) {
            return end(EXTENSION_VALUE, latin1, at);
        }
        int end = at + 1;
        while (!latin1.startsWith("\"", end)) {
            end = Math.max(end(QUOTED_TEXT, latin1, end), end(QUOTED_PAIR, latin1, end));
            if (end < 0) {
                return -1;
            }
        }
        return end + 1;
    }

    /** The end of the pattern that starts at {@code at}; -1 if it does not match. */
    private static int end(Pattern pattern, String latin1, int at) {
        Matcher matcher = pattern.matcher(latin1).region(at, latin1.length());
        return matcher.lookingAt() ? matcher.end() : -1;
    }

    /** Like {@link #read(String, int)}, from the start. */
    static Optional<Body> read(byte[] bytes) {
        return read(new String(bytes, StandardCharsets.ISO_8859_1), 0);
    }

    /** True if a node that follows the grammar has to accept this body. */
    static boolean isWithinLimits(Body body) {
        return body.digits() <= ChunkDecoder.MAX_SIZE_DIGITS
                && body.otherBytes() <= ChunkDecoder.MAX_OTHER_BYTES
                && body.fields() <= ChunkDecoder.MAX_TRAILER_FIELDS;
    }
}
