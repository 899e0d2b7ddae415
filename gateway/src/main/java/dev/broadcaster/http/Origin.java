package dev.broadcaster.http;

import java.net.IDN;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The form in which a browser sends an origin (RFC 6454, section 6.2; WHATWG URL): scheme and host in lower case,
 * internationalised names in ASCII, IPv6 addresses shortened, no default port. Schemes of apps such as
 * {@code capacitor://localhost} and {@code file://} are origins too, and so is {@code null}.
 */
public final class Origin {
    private static final Pattern WEB =
            Pattern.compile("(https?)://(\\[[0-9a-fA-F:.]+]|[^\\[\\]:/?#@\\\\\\s]+)(?::([0-9]{1,5}))?");
    private static final Pattern APP = Pattern.compile("(?!https?:|wss?:)[a-z][a-z0-9+.-]*://[a-z0-9._~:\\[\\]-]*");
    private static final Pattern NAME =
            Pattern.compile("[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\\.?");
    private static final Pattern NUMBERS = Pattern.compile("(.*\\.)?(0x[0-9a-f]*|[0-9]+)\\.?");
    private static final Pattern IPV4 = Pattern.compile(
            "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");
    private static final Map<String, Integer> DEFAULT_PORTS = Map.of("http", 80, "https", 443);

    /** Letters that browsers keep, and {@link IDN} replaces or drops. */
    private static final String AMBIGUOUS = "ßẞς\u200c\u200d";

    private static final int MAX_LENGTH = 512;

    private Origin() {}

    /** The origin in {@code text} in the form of a browser; null if there is none, or no browser would send it. */
    public static @Nullable String normalized(String text) {
        if (text.length() > MAX_LENGTH) {
            return null;
        }
        if (text.equals("null")) {
            return text;
        }
        int end = Math.max(0, text.indexOf(':'));
        String lower = text.substring(0, end).toLowerCase(Locale.ROOT) + text.substring(end);
        Matcher web = WEB.matcher(lower);
        if (!web.matches()) {
            String app = text.toLowerCase(Locale.ROOT);
            return APP.matcher(app).matches() ? app : null;
        }
        String scheme = web.group(1);
        String host = host(web.group(2));
        int port = web.group(3) == null ? DEFAULT_PORTS.getOrDefault(scheme, 0) : Integer.parseInt(web.group(3));
        if (host == null || port < 1 || port > 65535) {
            return null;
        }
        return scheme + "://" + host + (DEFAULT_PORTS.getOrDefault(scheme, 0) == port ? "" : ":" + port);
    }

    /** The host of a normalized web origin, without brackets; null for the origin of an app and for {@code null}. */
    static @Nullable String hostOf(String normalized) {
        Matcher web = WEB.matcher(normalized);
        return web.matches() ? web.group(2).replace("[", "").replace("]", "") : null;
    }

    private static @Nullable String host(String text) {
        if (text.startsWith("[")) {
            return ipv6(text.substring(1, text.length() - 1));
        }
        if (text.chars().anyMatch(c -> AMBIGUOUS.indexOf(c) >= 0)) {
            return null;
        }
        String name;
        try {
            name = IDN.toASCII(text).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException e) {
            return null;
        }
        if (NUMBERS.matcher(name).matches()) {
            return IPV4.matcher(name).matches() ? name : null; // browsers read 127.1 as 127.0.0.1
        }
        return NAME.matcher(name).matches() ? name : null;
    }

    /** With the longest run of zeros shortened (RFC 5952 section 4.2); null if it is no address. */
    private static @Nullable String ipv6(String text) {
        int[] groups = groups(text);
        if (groups == null) {
            return null;
        }
        int runStart = -1;
        int runLength = 1; // a single zero is not shortened
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && groups[i + length] == 0) {
                length++;
            }
            if (length > runLength) {
                runStart = i;
                runLength = length;
            }
            i += length;
        }
        StringBuilder shown = new StringBuilder("[");
        for (int i = 0; i < 8; i++) {
            if (i == runStart) {
                shown.append("::");
                i += runLength - 1;
            } else {
                boolean first = shown.length() == 1 || shown.charAt(shown.length() - 1) == ':';
                shown.append(first ? "" : ":").append(Integer.toHexString(groups[i]));
            }
        }
        return shown.append(']').toString();
    }

    private static int @Nullable [] groups(String text) {
        int gap = text.indexOf("::");
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        boolean valid = gap < 0
                ? add(text, before)
                : add(text.substring(0, gap), before) && add(text.substring(gap + 2), after);
        int given = before.size() + after.size();
        if (!valid || given > 8 || (gap < 0) != (given == 8)) {
            return null;
        }
        int[] groups = new int[8];
        for (int i = 0; i < before.size(); i++) {
            groups[i] = before.get(i);
        }
        for (int i = 0; i < after.size(); i++) {
            groups[8 - after.size() + i] = after.get(i);
        }
        return groups;
    }

    /** Adds the groups of a part of an address; false if one is malformed. An IPv4 address at the end is two groups. */
    private static boolean add(String part, List<Integer> groups) {
        if (part.isEmpty()) {
            return true;
        }
        String[] texts = part.split(":", -1);
        for (int i = 0; i < texts.length; i++) {
            if (i == texts.length - 1 && IPV4.matcher(texts[i]).matches()) {
                String[] octets = texts[i].split("\\.", -1);
                groups.add((Integer.parseInt(octets[0]) << 8) | Integer.parseInt(octets[1]));
                groups.add((Integer.parseInt(octets[2]) << 8) | Integer.parseInt(octets[3]));
            } else if (texts[i].matches("[0-9a-fA-F]{1,4}")) {
                groups.add(Integer.parseInt(texts[i], 16));
            } else {
                return false;
            }
        }
        return true;
    }
}
