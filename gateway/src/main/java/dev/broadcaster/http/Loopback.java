package dev.broadcaster.http;

import java.util.Locale;
import java.util.regex.Pattern;

/** Names and addresses that mean this machine and no other on every machine. */
public final class Loopback {
    private static final String OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile("127(\\." + OCTET + "){3}");
    /** RFC 6761 section 6.3: names below {@code localhost} are loopback, too. */
    private static final Pattern NAME = Pattern.compile("([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)*localhost");

    private static final Pattern ORIGIN = Pattern.compile("https?://(\\[[0-9a-f:.]+]|[^\\[\\]:/]+)(:[0-9]{1,5})?");
    private static final int MAX_LENGTH = 255;

    private Loopback() {}

    /** True if a host name, an IPv4 address or an IPv6 address (with or without brackets) is loopback. */
    public static boolean isHost(String host) {
        if (host.length() > MAX_LENGTH) {
            return false;
        }
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("::1")
                || name.equals("[::1]")
                || NAME.matcher(name).matches()
                || IPV4.matcher(name).matches();
    }

    /** True if a web origin (RFC 6454) such as {@code http://localhost:3000} is loopback. */
    static boolean isOrigin(String origin) {
        if (origin.length() > MAX_LENGTH) {
            return false;
        }
        var parts = ORIGIN.matcher(origin.toLowerCase(Locale.ROOT));
        return parts.matches() && isHost(parts.group(1));
    }
}
