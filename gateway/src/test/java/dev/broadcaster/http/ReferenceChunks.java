package dev.broadcaster.http;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RFC 9112 section 7.1, written down a second time: the grammar as regular expressions, over a whole body at once, without a
 * limit. What it does not find complete is wrong or unfinished.
 */
public final class ReferenceChunks {
    private static final String TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
    private static final String BWS = "[ \\t]*";
    private static final String QUOTED = "\"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*\"";
    private static final String EXTENSION =
            BWS + ";" + BWS + TOKEN + "(?:" + BWS + "=" + BWS + "(?:" + TOKEN + "|" + QUOTED + "))?";
    private static final Pattern SIZE_LINE = Pattern.compile("([0-9A-Fa-f]++)(?:" + EXTENSION + ")*+\\r\\n");
    private static final Pattern FIELD_LINE = Pattern.compile(TOKEN + ":[\\t -~\\x80-\\xff]*+\\r\\n");

    private ReferenceChunks() {}

    /**
     * A complete body.
     *
     * @param data what the chunks hold
     * @param length of all of it, up to the next request
     * @param otherBytes of extensions and trailer, roughly: at least what the node counts
     * @param digits of the longest size
     * @param fields of the trailer
     */
    public record Body(String data, int length, int otherBytes, int digits, int fields) {}

    /** The body that begins at {@code from}, if it is complete. */
    public static Optional<Body> read(String latin1, int from) {
        StringBuilder data = new StringBuilder();
        int at = from;
        int other = 0;
        int digits = 0;
        while (true) {
            Matcher line = SIZE_LINE.matcher(latin1).region(at, latin1.length());
            if (!line.lookingAt()) {
                return Optional.empty();
            }
            String size = line.group(1);
            digits = Math.max(digits, size.length());
            other += line.end() - at - size.length();
            at = line.end();
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

    /** As {@link #read(String, int)}, from the begin. */
    static Optional<Body> read(byte[] bytes) {
        return read(new String(bytes, StandardCharsets.ISO_8859_1), 0);
    }

    /** Whether a node that keeps to the grammar has to take this body. */
    static boolean isWithinLimits(Body body) {
        return body.digits() <= ChunkDecoder.MAX_SIZE_DIGITS
                && body.otherBytes() <= ChunkDecoder.MAX_OTHER_BYTES
                && body.fields() <= ChunkDecoder.MAX_TRAILER_FIELDS;
    }
}
