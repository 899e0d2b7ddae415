package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY protocol, versions 1 and 2. {@code -Dproxy.seed=} repeats the random headers. */
class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final String TAIL = "160301"; // TLS begins
    private static final long SEED = Long.getLong("proxy.seed", System.nanoTime());

    /** A header that has been read from bytes with others behind it. */
    private static final class Read {
        final ProxyHeader header = new ProxyHeader();
        int count;

        /** Reads like a socket that has at most {@code most} bytes at a time. */
        Read(byte[] bytes, SplittableRandom random, int most) throws ProtocolException {
            while (!header.isComplete() && count < bytes.length) {
                ByteBuffer room = header.room();
                assertThat(room.hasRemaining()).as("room for more").isTrue();
                assertThat(room.capacity()).isEqualTo(ProxyHeader.MAX_KEPT);
                int length = Math.min(1 + random.nextInt(most), Math.min(room.remaining(), bytes.length - count));
                room.put(bytes, count, length);
                count += length;
                header.onBytes();
            }
        }

        static Read whole(byte[] bytes) throws ProtocolException {
            return new Read(bytes, new SplittableRandom(0), 1) // each byte by itself
                    .same(new Read(bytes, new SplittableRandom(0), Integer.MAX_VALUE));
        }

        Read same(Read other) {
            assertThat(other.count).isEqualTo(count);
            assertThat(other.header.isComplete()).isEqualTo(header.isComplete());
            assertThat(other.header.client()).isEqualTo(header.client());
            return this;
        }

        @Nullable
        String client() {
            InetAddress client = header.client();
            return client == null ? null : client.getHostAddress();
        }
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    // ---- version 2

    @ParameterizedTest
    @CsvSource({
        "2111 000c cb007107 7f000001 1234 1f40, 203.0.113.7", // TCP over IPv4
        "2121 0024 20010db8000000000000000000000007 00000000000000000000000000000001 1234 1f40, 2001:db8:0:0:0:0:0:7",
        "2121 0024 00000000000000000000ffffcb007107 00000000000000000000000000000001 1234 1f40, 203.0.113.7",
        "2111 0013 cb007107 7f000001 1234 1f40 04 0004 00000000, 203.0.113.7", // with a TLV
        "2000 0000, ", // LOCAL
        "2011 000c cb007107 7f000001 1234 1f40, ", // LOCAL with addresses, which have no meaning
        "20ff 0003 010203, ",
        "2100 0000, ", // PROXY of an unspecified family
        "2100 0005 0102030405, ",
        "2112 000c cb007107 7f000001 1234 1f40, ", // UDP
        "2131 0003 010203, " // Unix
    })
    void version2_isRead_upToItsEnd(String fields, @Nullable String client) throws Exception {
        byte[] header = hex(SIGNATURE + fields);

        Read read = Read.whole(concat(header, hex(TAIL)));

        assertThat(read.header.isComplete()).isTrue();
        assertThat(read.client()).isEqualTo(client);
        assertThat(read.count).isEqualTo(header.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1111 000c", // another version
                "3111 000c",
                "2211 000c", // unknown command
                "2113 000c", // unknown transport
                "2141 000c", // unknown family
                "2110 000c",
                "2111 000b", // addresses do not fit
                "2121 0023",
                "2111 0000"
            })
    void malformedVersion2_isRefused_beforeItsAddresses(String fields) {
        assertThatThrownBy(() -> Read.whole(hex(SIGNATURE + fields + "00".repeat(64))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("PROXY header: malformed");
    }

    @Test
    void longestHeader_isSkipped_withoutKeepingIt() throws Exception {
        byte[] header = concat(hex(SIGNATURE + "2111 ffff cb007107 7f000001 1234 1f40"), new byte[0xffff - 12]);

        Read read = new Read(concat(header, hex(TAIL)), new SplittableRandom(1), Integer.MAX_VALUE);

        assertThat(read.header.isComplete()).isTrue();
        assertThat(read.client()).isEqualTo("203.0.113.7");
        assertThat(read.count).isEqualTo(header.length);
    }

    // ---- version 1

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 203.0.113.7 127.0.0.1 4660 8000, 203.0.113.7",
        "PROXY TCP4 1.1.1.1 1.1.1.1 0 1, 1.1.1.1",
        "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535, 255.255.255.255",
        "PROXY TCP6 2001:db8::7 ::1 4660 8000, 2001:db8:0:0:0:0:0:7",
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff7 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535,"
                + " ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff7",
        "PROXY UNKNOWN, ",
        "PROXY UNKNOWN anything, ",
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535, "
    })
    void version1_isRead_upToItsEnd(String line, @Nullable String client) throws Exception {
        byte[] header = ascii(line + "\r\n");

        Read read = Read.whole(concat(header, ascii("\r\nGET")));

        assertThat(read.header.isComplete()).isTrue();
        assertThat(read.client()).isEqualTo(client);
        assertThat(read.count).isEqualTo(header.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 203.0.113.7 127.0.0.1 4660 8000\n", // ended by a bare LF
                "PROXY TCP4 203.0.113.7 127.0.0.1 4660 8000\rx",
                "PROXY TCP4 203.0.113.7 127.0.0.1 4660\r\n",
                "PROXY TCP4 203.0.113.7 127.0.0.1 4660 8000 1\r\n",
                "PROXY TCP4 203.0.113.7  127.0.0.1 4660 8000\r\n",
                "PROXY TCP4 203.0.113.7 127.0.0.1 4660 65536\r\n",
                "PROXY TCP4 203.0.113.7 127.0.0.1 04660 8000\r\n",
                "PROXY TCP4 203.0.113.256 127.0.0.1 4660 8000\r\n",
                "PROXY TCP4 localhost 127.0.0.1 4660 8000\r\n",
                "PROXY TCP4 203.0.113.7 ::1 4660 8000\r\n",
                "PROXY TCP4 ::1 127.0.0.1 4660 8000\r\n",
                "PROXY TCP6 203.0.113.7 ::1 4660 8000\r\n",
                "PROXY TCP5 203.0.113.7 127.0.0.1 4660 8000\r\n",
                "PROXY UNKNOWN\r \n",
                "PROXY unknown \r\n",
                "PROXY \r\n        ",
                "PROXY UNKNOWN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"
            })
    void malformedVersion1_isRefused(String line) {
        assertThatThrownBy(() -> Read.whole(ascii(line)))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("PROXY header: malformed");
    }

    // ---- other bytes

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "P",
                "PRI * HTTP/2.0\r\n\r\n",
                "proxy ",
                "\r\n\r\nGET",
                "\u0016\u0003\u0001",
                "\n"
            })
    void otherBytes_areRefused_atTheFirstThatDiffers(String text) throws Exception {
        if (text.equals("P")) { // may become one
            assertThat(Read.whole(ascii(text)).header.isComplete()).isFalse();
            return;
        }
        assertThatThrownBy(() -> Read.whole(ascii(text)))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("no PROXY header");
    }

    @Test
    void randomHeaders_areRead_howeverTheyAreSplit() throws Exception {
        SplittableRandom random = random();
        for (int i = 0; i < 20_000; i++) {
            byte[] source = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(source);
            InetAddress client = InetAddress.getByAddress(source);
            byte[] header = random.nextBoolean() ? line(client, random) : binary(source, random);
            byte[] tail = new byte[random.nextInt(200)];
            random.nextBytes(tail);

            Read read = new Read(concat(header, tail), random, 1 + random.nextInt(300));

            assertThat(read.header.isComplete()).isTrue();
            assertThat(read.header.client()).isEqualTo(client);
            assertThat(read.count).isEqualTo(header.length);
        }
    }

    private static byte[] line(InetAddress client, SplittableRandom random) {
        String address = Objects.requireNonNull(client.getHostAddress());
        return ascii("PROXY TCP" + (address.contains(":") ? "6 " : "4 ") + address
                + (address.contains(":") ? " ::1 " : " 127.0.0.1 ") + random.nextInt(65_536) + " 8000\r\n");
    }

    private static byte[] binary(byte[] source, SplittableRandom random) {
        byte[] tlvs = new byte[random.nextInt(4) == 0 ? random.nextInt(3_000) : random.nextInt(40)];
        random.nextBytes(tlvs);
        int length = 2 * source.length + 4 + tlvs.length;
        byte[] fields = {
            0x21, (byte) (source.length == 4 ? 0x11 : 0x21), (byte) (length >> 8), (byte) length,
        };
        return concat(hex(SIGNATURE), fields, source, new byte[source.length + 4], tlvs);
    }

    /** The outcome of any bytes depends on them alone, and no length makes the parser read on without end. */
    @Test
    void changedBytes_haveOneOutcome_howeverTheyAreSplit() throws Exception {
        SplittableRandom random = random();
        for (int i = 0; i < 20_000; i++) {
            byte[] source = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(source);
            byte[] header =
                    random.nextBoolean() ? line(InetAddress.getByAddress(source), random) : binary(source, random);
            byte[] bytes = Arrays.copyOf(header, header.length + random.nextInt(100));
            for (int j = random.nextInt(4); j >= 0; j--) {
                bytes[random.nextInt(Math.min(bytes.length, 60))] = (byte) random.nextInt(256);
            }

            assertThat(outcome(bytes, random, 1)).isEqualTo(outcome(bytes, random, 1 + random.nextInt(300)));
        }
    }

    private static String outcome(byte[] bytes, SplittableRandom random, int most) {
        try {
            Read read = new Read(bytes, random, most);
            return read.header.isComplete() ? read.count + " " + read.client() : "incomplete";
        } catch (ProtocolException e) {
            return "refused";
        }
    }

    private static SplittableRandom random() {
        System.out.println("-Dproxy.seed=" + SEED);
        return new SplittableRandom(SEED);
    }
}
