package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Known ways to hide a request in another one, by number. Each stream contains a publish of {@value #HIDDEN} where some
 * server in front of the node sees a body, or vice versa. The node refuses the request with 400 and closes the
 * connection, before it uses any of it; requests that it accepts, it reads like {@link ReferenceHttp}.
 */
@Tag("black-box")
class SmugglingBlackBoxTest {
    private static final int HIDDEN = 666;

    private static FramingProbe probe;

    @BeforeAll
    static void start() {
        probe = new FramingProbe();
    }

    @AfterAll
    static void stop() {
        probe.close();
    }

    private static final String BODY = FramingProbe.body(1);
    private static final String HEX = Integer.toHexString(BODY.length());
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n";
    private static final String LENGTH = "Content-Length: " + BODY.length() + "\r\n";
    private static final String CHUNKS = HEX + "\r\n" + BODY + "\r\n0\r\n\r\n";
    private static final String HIDDEN_PUBLISH = FramingProbe.publish(HIDDEN);

    /** Two headers about the length, or an ambiguous one: a name and the header lines. */
    private static final List<List<String>> HEADERS = List.of(
            List.of("CL.TE", LENGTH + CHUNKED),
            List.of("TE.CL", CHUNKED + LENGTH),
            List.of("CL.0 and TE", "Content-Length: 0\r\n" + CHUNKED),
            List.of("TE.TE: identity last", CHUNKED + "Transfer-Encoding: identity\r\n"),
            List.of("TE.TE: identity first", "Transfer-Encoding: identity\r\n" + CHUNKED),
            List.of("TE.TE: chunked twice", CHUNKED + CHUNKED),
            List.of("TE.TE: other case, other value", CHUNKED + "transfer-encoding: cow\r\n"),
            List.of("TE: list", "Transfer-Encoding: chunked, identity\r\n"),
            List.of("TE: list, chunked last", "Transfer-Encoding: identity, chunked\r\n"),
            List.of("TE: list, chunked twice", "Transfer-Encoding: chunked, chunked\r\n"),
            List.of("TE: empty element", "Transfer-Encoding: ,chunked\r\n"),
            List.of("TE: parameter", "Transfer-Encoding: chunked;q=1\r\n"),
            List.of("TE: xchunked", "Transfer-Encoding: xchunked\r\n"),
            List.of("TE: chunkedx", "Transfer-Encoding: chunkedx\r\n"),
            List.of("TE: quoted", "Transfer-Encoding: \"chunked\"\r\n"),
            List.of("TE: single quotes", "Transfer-Encoding: 'chunked'\r\n"),
            List.of("TE: identity", "Transfer-Encoding: identity\r\n"),
            List.of("TE: empty", "Transfer-Encoding:\r\n"),
            List.of("TE: gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n"),
            List.of("TE: vertical tab before", "Transfer-Encoding:\u000bchunked\r\n"),
            List.of("TE: vertical tab behind", "Transfer-Encoding: chunked\u000b\r\n"),
            List.of("TE: form feed", "Transfer-Encoding: \fchunked\r\n"),
            List.of("TE: NUL", "Transfer-Encoding: chunked\u0000\r\n"),
            List.of("TE: NUL in front", "Transfer-Encoding: \u0000chunked\r\n"),
            List.of("TE: no-break space", "Transfer-Encoding:\u00a0chunked\r\n"),
            List.of("TE: next line", "Transfer-Encoding:\u0085chunked\r\n"),
            List.of("TE: DEL", "Transfer-Encoding: chunked\u007f\r\n"),
            List.of("TE: space before the colon", "Transfer-Encoding : chunked\r\n"),
            List.of("TE: tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
            List.of("TE: NUL before the colon", "Transfer-Encoding\u0000: chunked\r\n"),
            List.of("TE: space before the name", "X: y\r\n Transfer-Encoding: chunked\r\n" + LENGTH + LENGTH),
            List.of("TE: behind a bare LF", "X: y\nTransfer-Encoding: chunked\r\n"),
            List.of("TE: behind a bare CR", "X: y\rTransfer-Encoding: chunked\r\n"),
            List.of("TE: behind LF CR", "X: y\n\rTransfer-Encoding: chunked\r\n"),
            List.of("TE: ends with a bare LF", "Transfer-Encoding: chunked\n"),
            List.of("TE: ends with CR CR LF", "Transfer-Encoding: chunked\r\r\n"),
            List.of("TE: no colon", "Transfer-Encoding chunked\r\n"),
            List.of("TE: equals sign", "Transfer-Encoding=chunked\r\n"),
            List.of("TE: name with a soft hyphen", "Transfer\u00adEncoding: chunked\r\n" + LENGTH + LENGTH),
            List.of("CL: twice, different", LENGTH + "Content-Length: 0\r\n"),
            List.of("CL: twice, the same", LENGTH + LENGTH),
            List.of("CL: list", "Content-Length: 0, " + BODY.length() + "\r\n"),
            List.of("CL: list of the same", "Content-Length: " + BODY.length() + ", " + BODY.length() + "\r\n"),
            List.of("CL: plus sign", "Content-Length: +" + BODY.length() + "\r\n"),
            List.of("CL: minus sign", "Content-Length: -1\r\n"),
            List.of("CL: minus zero", "Content-Length: -0\r\n"),
            List.of("CL: hexadecimal", "Content-Length: 0x" + HEX + "\r\n"),
            List.of("CL: decimal point", "Content-Length: " + BODY.length() + ".0\r\n"),
            List.of("CL: space inside", "Content-Length: 1 0\r\n"),
            List.of("CL: empty", "Content-Length:\r\n"),
            List.of("CL: letters behind", "Content-Length: " + BODY.length() + "abc\r\n"),
            List.of("CL: NUL behind", "Content-Length: " + BODY.length() + "\u0000\r\n"),
            List.of("CL: vertical tab", "Content-Length: \u000b" + BODY.length() + "\r\n"),
            List.of("CL: beyond 64 bits", "Content-Length: 18446744073709551626\r\n"),
            List.of("CL: superscript digit", "Content-Length: \u00b9\r\n"),
            List.of("CL: space before the colon", "Content-Length : " + BODY.length() + "\r\n"),
            List.of("CL: behind a bare LF", "X: y\n" + LENGTH),
            List.of("CL: behind a bare CR", "X: y\r" + LENGTH),
            List.of("CL: folded into two values", "Content-Length: 1\r\n 0\r\n"),
            List.of("Host: twice", "Host: b\r\n" + LENGTH),
            List.of("header without a name", ": y\r\n" + LENGTH),
            List.of("header with a space in its name", "X Y: z\r\n" + LENGTH),
            List.of("header with a NUL in its name", "X\u0000Y: z\r\n" + LENGTH));

    /** Framing that violates RFC 9112 section 7.1: a name, and the body. */
    private static final List<List<String>> BODIES = List.of(
            List.of("size line ends with a bare LF", HEX + "\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size line ends with a bare CR", HEX + "\r" + BODY + "\r\n0\r\n\r\n"),
            List.of("size line ends with CR CR LF", HEX + "\r\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size line ends with LF CR", HEX + "\n\r" + BODY + "\r\n0\r\n\r\n"),
            List.of("bare LF in an extension", HEX + ";\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("bare LF in an extension, then CR LF", HEX + ";a\nb\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("bare CR in an extension", HEX + ";a\rb\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("CR LF in a quoted extension", HEX + ";a=\"\r\n\"\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("bare LF in a quoted extension", HEX + ";a=\"\n\"\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("extension without a name", HEX + ";\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("NUL in an extension", HEX + ";a\u0000\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("chunk data ended by a bare LF", HEX + "\r\n" + BODY + "\n0\r\n\r\n"),
            List.of("chunk data ended by a bare CR", HEX + "\r\n" + BODY + "\r0\r\n\r\n"),
            List.of("chunk data not ended", HEX + "\r\n" + BODY + "0\r\n\r\n"),
            List.of("chunk data ended by other bytes", HEX + "\r\n" + BODY + "xx0\r\n\r\n"),
            List.of("chunk data longer than its size", "1\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("last chunk ended by LF LF", HEX + "\r\n" + BODY + "\r\n0\n\n"),
            List.of("last chunk ended by CR LF LF", HEX + "\r\n" + BODY + "\r\n0\r\n\n"),
            List.of("last chunk ended by LF CR LF", HEX + "\r\n" + BODY + "\r\n0\n\r\n"),
            List.of("size with a letter behind", HEX + "g\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of(
                    "size with a letter inside",
                    HEX.charAt(0) + "g" + HEX.substring(1) + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with a space behind", HEX + " \r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with a space in front", " " + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with a tab behind", HEX + "\t\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with 0x", "0x" + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with a plus sign", "+" + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with a minus sign", "-" + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with an underscore", "0_" + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size with 61 leading zeros", "0".repeat(61) + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size of 17 digits", "1" + "0".repeat(16 - HEX.length()) + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size of 16 digits that wraps", "f".repeat(16) + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size beyond 32 bits", "1" + "0".repeat(8 - HEX.length()) + HEX + "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size that is empty", "\r\n" + BODY + "\r\n0\r\n\r\n"),
            List.of("size zz, then a blank line", "zz\r\n\r\n"),
            List.of("size zz, then a line with a colon", "zz\r\nx: y\r\n\r\n"),
            List.of("size of a superscript digit", "\u00b2\r\nab\r\n0\r\n\r\n"),
            List.of("trailer line without a colon", CHUNKS.substring(0, CHUNKS.length() - 2) + "x\r\n\r\n"),
            List.of("trailer line ended by a bare LF", CHUNKS.substring(0, CHUNKS.length() - 2) + "x: y\n\r\n"),
            List.of("trailer line with a bare CR", CHUNKS.substring(0, CHUNKS.length() - 2) + "x: y\rz\r\n\r\n"),
            List.of("trailer line that is folded", CHUNKS.substring(0, CHUNKS.length() - 2) + "x: y\r\n z\r\n\r\n"),
            List.of(
                    "trailer with a space before its colon",
                    CHUNKS.substring(0, CHUNKS.length() - 2) + "x : y\r\n\r\n"),
            List.of("trailer with a NUL", CHUNKS.substring(0, CHUNKS.length() - 2) + "x: \u0000\r\n\r\n"),
            List.of("trailer that is a request", CHUNKS.substring(0, CHUNKS.length() - 2) + HIDDEN_PUBLISH));

    static Stream<Arguments> refused() {
        AtomicInteger number = new AtomicInteger();
        Stream<Arguments> headers = HEADERS.stream()
                .flatMap(row -> Stream.of(BODY, CHUNKS)
                        .map(body -> arguments(
                                number.incrementAndGet(),
                                row.get(0) + (body.equals(BODY) ? "" : ", chunks"),
                                FramingProbe.head() + row.get(1) + "\r\n" + body + HIDDEN_PUBLISH)));
        Stream<Arguments> bodies = BODIES.stream()
                .map(row -> arguments(
                        number.incrementAndGet(),
                        row.get(0),
                        FramingProbe.head() + CHUNKED + "\r\n" + row.get(1) + HIDDEN_PUBLISH));
        Stream<Arguments> versions = Stream.of("HTTP/0.1", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/9.9")
                .map(version -> arguments(
                        number.incrementAndGet(),
                        version,
                        FramingProbe.head().replace("HTTP/1.1", version) + LENGTH + "\r\n" + BODY + HIDDEN_PUBLISH));
        return Stream.of(headers, bodies, versions).flatMap(rows -> rows);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("refused")
    void stream_isRefused_beforeAnyOfItIsUsed(int number, String name, String stream) {
        for (int segments : new int[] {1, 2, stream.length() / 3}) {
            FramingProbe.Reading reading = probe.check(stream, segments);

            assertThat(reading.published()).as("%s. %s", number, name).isEmpty();
            assertThat(reading.statuses())
                    .as("%s. %s, %s segments", number, name, segments)
                    .containsExactly(400);
        }
    }

    @Test
    void brokenChunks_areCounted() {
        double before = probe.refusals("chunks");
        probe.check(FramingProbe.head() + CHUNKED + "\r\n" + HEX + "\n" + BODY + "\r\n0\r\n\r\n", 1);
        assertThat(probe.refusals("chunks") - before).isEqualTo(1);
    }

    static Stream<Arguments> read() {
        return Stream.of(
                arguments(201, "in chunks", CHUNKED + "\r\n" + CHUNKS),
                arguments(202, "chunked in other case", "TRANSFER-ENCODING: ChunkeD\r\n\r\n" + CHUNKS),
                arguments(203, "blanks around the value", "Transfer-Encoding: \t chunked \t \r\n\r\n" + CHUNKS),
                arguments(204, "folded before the value", "Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS),
                arguments(
                        205,
                        "extensions",
                        CHUNKED + "\r\n" + HEX + ";a;b=c ; d = \"e\"\r\n" + BODY + "\r\n0;f\r\n\r\n"),
                arguments(
                        206,
                        "trailer",
                        CHUNKED + "\r\n" + HEX + "\r\n" + BODY + "\r\n0\r\nContent-Length: 5\r\nX: y\r\n\r\n"),
                arguments(207, "leading zeros", CHUNKED + "\r\n00" + HEX + "\r\n" + BODY + "\r\n000\r\n\r\n"),
                arguments(208, "length with leading zeros", "Content-Length: 00" + BODY.length() + "\r\n\r\n" + BODY),
                arguments(
                        209,
                        "a name that is nearly the same",
                        "Transfer_Encoding: chunked\r\n" + LENGTH + "\r\n" + BODY));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("read")
    void stream_isReadUnchanged(int number, String name, String headersAndBody) {
        String stream = FramingProbe.head() + headersAndBody + FramingProbe.publish(2);
        for (int segments : new int[] {1, 2, stream.length()}) {
            FramingProbe.Reading reading = probe.check(stream, segments);

            assertThat(reading.published()).as("%s. %s", number, name).containsExactly("1", "2");
            assertThat(reading.statuses()).containsExactly(200, 200);
        }
    }
}
