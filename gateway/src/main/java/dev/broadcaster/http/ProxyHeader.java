package dev.broadcaster.http;

import java.net.InetAddress;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Parses the header by which a proxy names its client before the first byte of the client: the PROXY protocol of
 * HAProxy, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). It keeps at most
 * {@value #MAX_KEPT} bytes, whatever length the header states: TLVs are skipped. It asks for no byte behind the header;
 * the socket keeps those for TLS or HTTP. One thread.
 */
final class ProxyHeader {
    /** The longest line of version 1, with its end. */
    static final int MAX_KEPT = 107;

    private static final byte[] LINE = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    /** The length of the shortest header: {@code PROXY UNKNOWN} and the end of the line. */
    private static final int SHORTEST = 15;
    /** The length of the part of version 2 that all headers have. */
    private static final int FIXED = 16;

    private static final int LOCAL = 0x20; // version and command
    private static final int PROXY = 0x21;
    private static final int TCP4 = 0x11; // family and transport
    private static final int TCP6 = 0x21;

    private final ByteBuffer kept = ByteBuffer.allocate(MAX_KEPT).limit(SHORTEST);
    private boolean begun;
    private int addressBytes; // of the client, in version 2
    private int remaining; // bytes of version 2 behind the address of the client
    private boolean skipping; // these
    private boolean complete;
    private @Nullable InetAddress client;

    /** The room for the next bytes of the header. Reading into it moves its position. */
    ByteBuffer room() {
        return kept;
    }

    /** True if a byte of it has arrived. */
    boolean hasBegun() {
        return begun;
    }

    /** True if all of it has arrived; then there is no room. */
    boolean isComplete() {
        return complete;
    }

    /** The address of the client; null if the proxy does not state it, or speaks for itself as in a health check. */
    @Nullable
    InetAddress client() {
        return client;
    }

    /**
     * Bytes have arrived in {@link #room}.
     *
     * @throws ProtocolException if they are no header, or a malformed one
     */
    void onBytes() throws ProtocolException {
        begun = true;
        if (skipping) {
            remaining -= kept.position();
            skip();
        } else if (kept.get(0) == LINE[0]) {
            onLine();
        } else {
            onBinary();
        }
    }

    private void onLine() throws ProtocolException {
        expect(LINE);
        int length = kept.position();
        if (length < SHORTEST) {
            return;
        }
        String line = new String(kept.array(), 0, length, StandardCharsets.ISO_8859_1);
        int end = line.indexOf('\r');
        if (line.indexOf('\n') >= 0) {
            if (end != length - 2 || line.indexOf('\n') != length - 1) {
                throw malformed();
            }
            client = ofWords(line.substring(0, end).split(" ", -1));
            complete = true;
            return;
        }
        boolean isNearEnd = end >= 0;
        if (isNearEnd && end != length - 1) {
            throw malformed();
        }
        want(isNearEnd ? 1 : 2); // the end of the line is certainly outstanding
    }

    private static @Nullable InetAddress ofWords(String[] words) throws ProtocolException {
        if (words[1].equals("UNKNOWN")) {
            return null; // more words have no meaning
        }
        boolean isIpv6 = words[1].equals("TCP6");
        if (words.length != 6 || !(isIpv6 || words[1].equals("TCP4")) || !isPort(words[4]) || !isPort(words[5])) {
            throw malformed();
        }
        InetAddress from = address(words[2], isIpv6);
        address(words[3], isIpv6); // that of the proxy
        return from;
    }

    private static InetAddress address(String text, boolean isIpv6) throws ProtocolException {
        InetAddress address = text.contains(":") == isIpv6 ? AddressRange.address(text) : null;
        if (address == null) {
            throw malformed();
        }
        return address;
    }

    private static boolean isPort(String text) {
        return text.matches("0|[1-9][0-9]{0,4}") && Integer.parseInt(text) <= 0xffff;
    }

    private void onBinary() throws ProtocolException {
        expect(SIGNATURE);
        if (kept.hasRemaining()) {
            return;
        }
        int length = kept.position();
        if (length == SHORTEST) {
            want(FIXED - SHORTEST);
            return;
        }
        if (length == FIXED) {
            onFixed();
            want(addressBytes);
        } else {
            client = address(Arrays.copyOfRange(kept.array(), FIXED, FIXED + addressBytes));
        }
        if (!kept.hasRemaining()) {
            skip();
        }
    }

    private void onFixed() throws ProtocolException {
        int length = kept.getShort(14) & 0xffff;
        addressBytes = switch (kept.get(12) & 0xff) {
            case LOCAL -> 0;
            case PROXY -> addressBytes(kept.get(13) & 0xff, length);
            default -> throw malformed();
        };
        remaining = length - addressBytes;
    }

    /** The length of the address of the client; 0 if the node has no use for it. */
    private static int addressBytes(int family, int length) throws ProtocolException {
        int bytes = switch (family) {
            case TCP4 -> 4;
            case TCP6 -> 16;
            case 0x00, 0x12, 0x22, 0x31, 0x32 -> 0; // unspecified, UDP, Unix sockets
            default -> throw malformed();
        };
        if (bytes > 0 && length < 2 * (bytes + Short.BYTES)) { // two addresses and two ports
            throw malformed();
        }
        return bytes;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e); // another length than 4 and 16
        }
    }

    /** Makes room for the skipped bytes, in the place of what has been parsed. */
    private void skip() {
        skipping = true;
        complete = remaining == 0;
        kept.clear().limit(Math.min(remaining, MAX_KEPT));
    }

    private void want(int bytes) throws ProtocolException {
        if (kept.position() + bytes > MAX_KEPT) {
            throw malformed();
        }
        kept.limit(kept.position() + bytes);
    }

    private void expect(byte[] begin) throws ProtocolException {
        int length = Math.min(kept.position(), begin.length);
        if (!Arrays.equals(kept.array(), 0, length, begin, 0, length)) {
            throw new ProtocolException("no PROXY header");
        }
    }

    private static ProtocolException malformed() {
        return new ProtocolException("PROXY header: malformed");
    }
}
