package dev.broadcaster.http;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * IP addresses with a common prefix (RFC 4632 section 3.1, RFC 4291 section 2.3). An IPv4 address that is mapped to
 * IPv6 is an IPv4 address here.
 *
 * @param network the first address
 * @param bits the length of the common prefix
 */
public record AddressRange(InetAddress network, int bits) {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
    /** Java resolves other text like this as a name, such as 256.0.0.1. */
    private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");

    private static final Pattern IPV6 =
            Pattern.compile("[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,40}([0-9]{1,3}(\\.[0-9]{1,3}){3})?");

    /** The range of {@code 10.0.0.0/8}, {@code 2001:db8::/32} or one address; null for other text. */
    public static @Nullable AddressRange parse(String text) {
        int slash = text.indexOf('/');
        InetAddress network = address(slash < 0 ? text : text.substring(0, slash));
        if (network == null) {
            return null;
        }
        int most = network.getAddress().length * 8;
        if (slash < 0) {
            return new AddressRange(network, most);
        }
        String bits = text.substring(slash + 1);
        if (!bits.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(bits) > most) {
            return null;
        }
        return new AddressRange(network, Integer.parseInt(bits));
    }

    /** The address in {@code text}; null if it is a name or other text. No name is resolved. */
    static @Nullable InetAddress address(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** True if an address is in the range. */
    boolean contains(InetAddress address) {
        byte[] own = network.getAddress();
        byte[] other = address.getAddress();
        if (own.length != other.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            int bit = 0x80 >> (i & 7);
            if (((own[i >> 3] ^ other[i >> 3]) & bit) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * True if an address is of this machine or of a private network: loopback, RFC 1918, RFC 6598, link-local, and IPv6
     * unique local (RFC 4193).
     */
    static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean shared = address instanceof Inet4Address && (bytes[0] & 0xff) == 100 && (bytes[1] & 0xc0) == 64;
        boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
        return address.isLoopbackAddress()
                || address.isSiteLocalAddress()
                || address.isLinkLocalAddress()
                || shared
                || uniqueLocal;
    }
}
