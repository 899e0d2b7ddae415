package dev.broadcaster.http;

import dev.broadcaster.protocol.Utf8;
import io.undertow.server.HttpServerExchange;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads a segment of a request's path (RFC 3986 section 3.3). */
final class PathSegment {
    private PathSegment() {}

    /** The path of a request, undecoded; of {@code GET http://host/path} (RFC 9112 section 3.2.2) only the path. */
    static String path(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        if (!exchange.isHostIncludedInRequestURI()) {
            return uri;
        }
        int host = uri.indexOf("//");
        int path = uri.indexOf('/', host + 2);
        return host < 0 || path < 0 ? "/" : uri.substring(path);
    }

    /**
     * The segment of {@code path} between {@code prefix} and {@code suffix}, undecoded; null if the path has another
     * form.
     */
    static @Nullable String between(String prefix, String path, String suffix) {
        int end = path.length() - suffix.length();
        boolean found = end > prefix.length()
                && path.startsWith(prefix)
                && path.endsWith(suffix)
                && path.substring(prefix.length(), end).indexOf('/') < 0;
        return found ? path.substring(prefix.length(), end) : null;
    }

    /** The text of a percent-encoded segment; null if it is malformed, or not UTF-8. */
    static @Nullable String decode(String segment) {
        if (segment.indexOf('%') < 0) {
            return isAscii(segment) ? segment : null;
        }
        byte[] bytes = new byte[segment.length()];
        int length = 0;
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            int value = c;
            if (c == '%') {
                value = i + 2 < segment.length() ? hex(segment.charAt(i + 1), segment.charAt(i + 2)) : -1;
                i += 2;
            } else if (c > 0x7e) {
                value = -1;
            }
            if (value < 0) {
                return null;
            }
            bytes[length++] = (byte) value;
        }
        return Utf8.isValid(bytes, 0, length) ? new String(bytes, 0, length, StandardCharsets.UTF_8) : null;
    }

    private static int hex(char high, char low) {
        int first = Character.digit(high, 16);
        int second = Character.digit(low, 16);
        return first < 0 || second < 0 || high > 'f' || low > 'f' ? -1 : first * 16 + second;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c <= 0x7e);
    }
}
