package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases of the Autobahn test suite, sections 1 to 7 and 10, by number, rewritten for a server that is not an echo
 * server: where Autobahn sends a text and expects it back, a heartbeat request of this size expects its reply, or a
 * publish with this text expects its broadcast; the framing around it is that of the case.
 *
 * <p>Without a meaning here: 7.1.6 requires only that 256 kB before a close do no harm, so the reply may arrive or not;
 * 7.13.x are "informational" there and 1002 here; 6.1.x (empty texts) and 6.7.1 (a text of one NUL) are valid UTF-8 but
 * not JSON, so they end with 4400. Omitted: 1.1.1 and 1.2.1 as echoes (the same 4400), section 8 (does not exist), 9
 * (measures speed; the load tests do that). Sections 12 and 13 (compression) are in
 * {@link AutobahnCompressionCasesTest}.
 */
@Tag("black-box")
final class AutobahnCasesTest {

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared("MAX_MESSAGE_BYTES", "1048576");

    /** One case; {@code script} gets an authenticated client that is subscribed to {@code echo}. */
    record Case(String number, String title, Consumer<WsClient> script) {
        @Override
        public String toString() {
            return number + " " + title;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"framing", "pingsAndPongs", "reservedBits", "opcodes", "fragmentation", "utf8", "closing", "misc"})
    void autobahn(Case row) {
        row.script().accept(gateway.subscriber("echo"));
    }

    /** The number of cases of each group in the suite; their numbers count from 1 without a gap. */
    @Test
    void cases_areThoseOfTheSuite() {
        String counts =
                "1.1:8 1.2:8 2:11 3:7 4.1:5 4.2:5 5:20 6.1:3 6.2:4 6.3:2 6.4:4 6.5:5 6.6:11 6.7:4 6.8:2 6.9:4 6.10:3"
                        + " 6.11:5 6.12:8 6.13:5 6.14:10 6.15:1 6.16:3 6.17:5 6.18:5 6.19:5 6.20:7 6.21:8 6.22:34 6.23:7 7.1:6 7.3:6"
                        + " 7.5:1 7.7:13 7.9:9 7.13:2 10.1:1";
        List<String> expected = new ArrayList<>();
        for (String group : counts.split(" ")) {
            String[] nameAndCount = group.split(":");
            for (int i = 1; i <= Integer.parseInt(nameAndCount[1]); i++) {
                expected.add(nameAndCount[0] + "." + i);
            }
        }

        List<String> cases = Stream.of(
                        framing(),
                        pingsAndPongs(),
                        reservedBits(),
                        opcodes(),
                        fragmentation(),
                        utf8(),
                        closing(),
                        misc())
                .flatMap(group -> group)
                .map(Case::number)
                .toList();

        assertThat(cases).containsExactlyInAnyOrderElementsOf(expected).hasSize(247);
    }

    // ---- 1 Framing

    static Stream<Case> framing() {
        List<Case> cases = new ArrayList<>();
        int[] sizes = {0, 125, 126, 127, 128, 65_535, 65_536};
        for (int kind = 1; kind <= 2; kind++) {
            int opcode = kind == 1 ? Frame.TEXT : Frame.BINARY;
            for (int i = 0; i < sizes.length; i++) {
                int size = sizes[i];
                cases.add(new Case("1." + kind + "." + (i + 1), size + " bytes", client -> {
                    client.send(Frame.of(opcode, heartbeat(size)));
                    if (size == 0) {
                        client.expectClose(4400);
                    } else {
                        expectReply(client);
                    }
                }));
            }
            cases.add(new Case("1." + kind + ".8", "65,536 bytes in chops of 997", client -> {
                client.socket().sendChopped(Frame.of(opcode, heartbeat(65_536)).bytes(), 997);
                expectReply(client);
            }));
        }
        return cases.stream();
    }

    // ---- 2 Pings and pongs

    static Stream<Case> pingsAndPongs() {
        byte[] binary = HexFormat.of().parseHex("00fffefdfcfb00ff");
        byte[] longest = filled(125, 0xfe);
        return Stream.of(
                new Case("2.1", "ping without payload", client -> {
                    client.send(Frame.ping(""));
                    client.expectPong("");
                }),
                new Case("2.2", "ping with small text", client -> {
                    client.send(Frame.ping("Hello, world!"));
                    client.expectPong("Hello, world!");
                }),
                new Case("2.3", "ping with small binary", client -> {
                    client.send(Frame.of(Frame.PING, binary));
                    client.expectPong(binary);
                }),
                new Case("2.4", "ping with 125 bytes", client -> {
                    client.send(Frame.of(Frame.PING, longest));
                    client.expectPong(longest);
                }),
                new Case("2.5", "ping with 126 bytes", client -> {
                    client.send(Frame.of(Frame.PING, filled(126, 0xfe)));
                    client.expectClose(1002);
                }),
                new Case("2.6", "ping with 125 bytes in octet-wise chops", client -> {
                    client.socket().sendChopped(Frame.of(Frame.PING, longest).bytes(), 1);
                    client.expectPong(longest);
                }),
                new Case("2.7", "unsolicited pong without payload", client -> {
                    client.send(Frame.pong(""));
                    client.expectQuiet();
                }),
                new Case("2.8", "unsolicited pong with payload", client -> {
                    client.send(Frame.pong("unsolicited pong payload"));
                    client.expectQuiet();
                }),
                new Case("2.9", "unsolicited pong, then a ping", client -> {
                    client.send(Frame.pong("unsolicited pong payload"), Frame.ping("ping payload"));
                    client.expectPong("ping payload");
                }),
                new Case("2.10", "10 pings", client -> {
                    for (int i = 0; i < 10; i++) {
                        client.send(Frame.ping("payload-" + i));
                    }
                    for (int i = 0; i < 10; i++) {
                        client.expectPong("payload-" + i);
                    }
                }),
                new Case("2.11", "10 pings in octet-wise chops", client -> {
                    for (int i = 0; i < 10; i++) {
                        client.socket().sendChopped(Frame.ping("payload-" + i).bytes(), 1);
                    }
                    for (int i = 0; i < 10; i++) {
                        client.expectPong("payload-" + i);
                    }
                }));
    }

    // ---- 3 Reserved bits

    static Stream<Case> reservedBits() {
        Frame good = Frame.text(request(1, "heartbeat"));
        Frame bad = Frame.text(request(2, "heartbeat"));
        return Stream.of(
                new Case("3.1", "text with RSV 1", client -> {
                    client.send(bad.rsv(1));
                    client.expectClose(1002);
                }),
                new Case("3.2", "text, text with RSV 2, ping", client -> {
                    client.send(good, bad.rsv(2), Frame.ping(""));
                    expectReplyThenClose(client);
                }),
                new Case("3.3", "text, text with RSV 3, ping, a frame a segment", client -> {
                    client.send(good);
                    client.send(bad.rsv(3));
                    client.socket().trySend(Frame.ping("").bytes());
                    expectReplyThenClose(client);
                }),
                new Case("3.4", "text, text with RSV 4, ping, octet-wise", client -> {
                    chopTry(client, Frame.bytes(good, bad.rsv(4), Frame.ping("")));
                    expectReplyThenClose(client);
                }),
                new Case("3.5", "binary with RSV 5", client -> {
                    client.send(Frame.binary(filled(8, 0xff)).rsv(5));
                    client.expectClose(1002);
                }),
                new Case("3.6", "ping with RSV 6", client -> {
                    client.send(Frame.ping("Hello, world!").rsv(6));
                    client.expectClose(1002);
                }),
                new Case("3.7", "close with RSV 7", client -> {
                    client.send(Frame.close(1000, "").rsv(7));
                    client.expectClose(1002);
                }));
    }

    // ---- 4 Opcodes

    static Stream<Case> opcodes() {
        List<Case> cases = new ArrayList<>();
        Frame good = Frame.text(request(1, "heartbeat"));
        for (int group = 1; group <= 2; group++) {
            int first = group == 1 ? 3 : 11;
            String number = "4." + group + ".";
            cases.add(new Case(number + 1, "opcode " + first + ", no payload", client -> {
                client.send(Frame.of(first, new byte[0]));
                client.expectClose(1002);
            }));
            cases.add(new Case(number + 2, "opcode " + (first + 1) + " with payload", client -> {
                client.send(Frame.of(first + 1, "reserved opcode payload".getBytes(StandardCharsets.US_ASCII)));
                client.expectClose(1002);
            }));
            cases.add(new Case(number + 3, "text, opcode " + (first + 2) + ", ping", client -> {
                client.send(good, Frame.of(first + 2, new byte[0]), Frame.ping(""));
                expectReplyThenClose(client);
            }));
            cases.add(new Case(number + 4, "text, opcode " + (first + 3) + " with payload, ping", client -> {
                client.send(
                        good,
                        Frame.of(first + 3, "reserved opcode payload".getBytes(StandardCharsets.US_ASCII)),
                        Frame.ping(""));
                expectReplyThenClose(client);
            }));
            cases.add(new Case(
                    number + 5, "text, opcode " + (first + 4) + " with payload, ping, octet-wise", client -> {
                        chopTry(
                                client,
                                Frame.bytes(
                                        good,
                                        Frame.of(
                                                first + 4,
                                                "reserved opcode payload".getBytes(StandardCharsets.US_ASCII)),
                                        Frame.ping("")));
                        expectReplyThenClose(client);
                    }));
        }
        return cases.stream();
    }

    // ---- 5 Fragmentation

    static Stream<Case> fragmentation() {
        String text = request(1, "heartbeat");
        Frame first = Frame.text(text.substring(0, 10)).fin(false);
        Frame second = Frame.continuation(text.substring(10));
        Frame ping = Frame.ping("ping payload");
        List<Case> cases = new ArrayList<>(List.of(
                new Case("5.1", "ping in 2 fragments", client -> {
                    client.send(Frame.ping("fragment1").fin(false), Frame.continuation("fragment2"));
                    client.expectClose(1002);
                }),
                new Case("5.2", "pong in 2 fragments", client -> {
                    client.send(Frame.pong("fragment1").fin(false), Frame.continuation("fragment2"));
                    client.expectClose(1002);
                }),
                new Case("5.3", "text in 2 fragments", client -> {
                    client.send(first, second);
                    expectReply(client);
                }),
                new Case("5.4", "text in 2 fragments, a frame a segment", client -> {
                    client.send(first);
                    client.send(second);
                    expectReply(client);
                }),
                new Case("5.5", "text in 2 fragments, octet-wise", client -> {
                    client.socket().sendChopped(Frame.bytes(first, second), 1);
                    expectReply(client);
                }),
                new Case("5.6", "text in 2 fragments, a ping between", client -> {
                    client.send(first, ping, second);
                    client.expectPong("ping payload");
                    expectReply(client);
                }),
                new Case("5.7", "text in 2 fragments, a ping between, a frame a segment", client -> {
                    client.send(first);
                    client.send(ping);
                    client.expectPong("ping payload");
                    client.send(second);
                    expectReply(client);
                }),
                new Case("5.8", "text in 2 fragments, a ping between, octet-wise", client -> {
                    client.socket().sendChopped(Frame.bytes(first, ping, second), 1);
                    client.expectPong("ping payload");
                    expectReply(client);
                })));
        String[] how = {"at once", "a frame a segment", "octet-wise"};
        for (int i = 0; i < 6; i++) {
            boolean fin = i < 3;
            int way = i % 3;
            cases.add(new Case(
                    "5." + (9 + i),
                    "continuation, FIN " + fin + ", nothing to continue, then a text, " + how[way],
                    client -> {
                        Frame[] frames = {
                            Frame.continuation("non-continuation payload").fin(fin), Frame.text(text)
                        };
                        if (way == 0) {
                            client.send(frames);
                        } else if (way == 1) {
                            client.send(frames[0]);
                            client.socket().trySend(frames[1].bytes());
                        } else {
                            chopTry(client, Frame.bytes(frames));
                        }
                        client.expectClose(1002);
                    }));
        }
        cases.addAll(List.of(
                new Case("5.15", "text in 2 fragments, then a continuation without FIN, then a text", client -> {
                    client.send(first, second, Frame.continuation("fragment3").fin(false), Frame.text(text));
                    expectReplyThenClose(client);
                }),
                new Case("5.16", "twice: continuation without FIN and a text without FIN", client -> {
                    for (int i = 0; i < 2; i++) {
                        client.socket()
                                .trySend(Frame.bytes(
                                        Frame.continuation("fragment1").fin(false),
                                        Frame.text("fragment2").fin(false),
                                        Frame.continuation("fragment3")));
                    }
                    client.expectClose(1002);
                }),
                new Case("5.17", "twice: continuation with FIN and a text without FIN", client -> {
                    for (int i = 0; i < 2; i++) {
                        client.socket()
                                .trySend(Frame.bytes(
                                        Frame.continuation("fragment1"),
                                        Frame.text("fragment2").fin(false),
                                        Frame.continuation("fragment3")));
                    }
                    client.expectClose(1002);
                }),
                new Case("5.18", "text in 2 fragments, both with the text opcode", client -> {
                    client.send(first, Frame.text(text.substring(10)));
                    client.expectClose(1002);
                }),
                new Case("5.19", "text in 5 fragments, 2 pings between, with pauses", client -> {
                    Frame[] parts = Frame.fragments(Frame.TEXT, heartbeat(100), 20);
                    client.send(parts[0], parts[1], Frame.ping("pongme 1!"));
                    client.expectPong("pongme 1!");
                    client.send(parts[2], parts[3], Frame.ping("pongme 2!"));
                    client.expectPong("pongme 2!");
                    client.send(parts[4]);
                    expectReply(client);
                }),
                new Case("5.20", "text in 5 fragments, 2 pings between", client -> {
                    Frame[] parts = Frame.fragments(Frame.TEXT, heartbeat(100), 20);
                    client.send(
                            parts[0],
                            parts[1],
                            Frame.ping("pongme 1!"),
                            parts[2],
                            parts[3],
                            Frame.ping("pongme 2!"),
                            parts[4]);
                    client.expectPong("pongme 1!");
                    client.expectPong("pongme 2!");
                    expectReply(client);
                })));
        return cases.stream();
    }

    // ---- 6 UTF-8 handling

    private static final String GREEK = "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!";

    static Stream<Case> utf8() {
        List<Case> cases = new ArrayList<>();
        cases.add(new Case("6.1.1", "text of 0 bytes", client -> {
            client.send(Frame.text(""));
            client.expectClose(4400);
        }));
        cases.add(new Case("6.1.2", "3 fragments of 0 bytes", client -> {
            client.send(Frame.text("").fin(false), Frame.continuation("").fin(false), Frame.continuation(""));
            client.expectClose(4400);
        }));
        cases.add(new Case("6.1.3", "3 fragments, the first and the last of 0 bytes", client -> {
            client.send(
                    Frame.text("").fin(false),
                    Frame.continuation(request(1, "heartbeat")).fin(false),
                    Frame.continuation(""));
            expectReply(client);
        }));
        byte[] greek = echo(GREEK.getBytes(StandardCharsets.UTF_8));
        cases.add(new Case("6.2.1", "valid UTF-8 unfragmented", client -> {
            client.send(Frame.text(greek));
            expectEcho(client, GREEK);
        }));
        cases.add(new Case("6.2.2", "valid UTF-8 in 2 fragments on a character's border", client -> {
            int border = indexOf(greek, "\u00df");
            client.send(
                    Frame.text(Arrays.copyOf(greek, border)).fin(false),
                    Frame.continuation(Arrays.copyOfRange(greek, border, greek.length)));
            expectEcho(client, GREEK);
        }));
        cases.add(new Case("6.2.3", "valid UTF-8 in fragments of 1 byte", client -> {
            client.send(Frame.fragments(Frame.TEXT, greek, 1));
            expectEcho(client, GREEK);
        }));
        cases.add(new Case("6.2.4", "valid UTF-8 in fragments of 1 byte, other letters", client -> {
            client.send(Frame.fragments(
                    Frame.TEXT, echo("\u03ba\u1f79\u03c3\u03bc\u03b5".getBytes(StandardCharsets.UTF_8)), 1));
            expectEcho(client, "\u03ba\u1f79\u03c3\u03bc\u03b5");
        }));
        byte[] before = HexFormat.of().parseHex("cebae1bdb9cf83cebcceb5");
        byte[] surrogate = HexFormat.of().parseHex("eda080");
        byte[] after = "edited".getBytes(StandardCharsets.US_ASCII);
        byte[] invalid = echo(joined(before, surrogate, after));
        cases.add(new Case("6.3.1", "invalid UTF-8 unfragmented", client -> {
            client.send(Frame.text(invalid));
            client.expectClose(1007);
        }));
        cases.add(new Case("6.3.2", "invalid UTF-8 in fragments of 1 byte", client -> {
            client.socket().trySend(Frame.bytes(Frame.fragments(Frame.TEXT, invalid, 1)));
            client.expectClose(1007);
        }));
        byte[] head = Arrays.copyOf(invalid, indexOf(invalid, "\u03ba") + before.length);
        byte[] tooHigh = HexFormat.of().parseHex("f4908080");
        cases.add(new Case("6.4.1", "fail fast: invalid in the second of 3 fragments, the third never sent", client -> {
            client.send(Frame.text(head).fin(false), Frame.continuation(tooHigh).fin(false));
            client.expectClose(1007);
        }));
        cases.add(new Case("6.4.2", "fail fast: invalid from the second byte of a character on", client -> {
            client.send(
                    Frame.text(joined(head, Arrays.copyOf(tooHigh, 1))).fin(false),
                    Frame.continuation(Arrays.copyOfRange(tooHigh, 1, 4)).fin(false));
            client.expectClose(1007);
        }));
        cases.add(new Case("6.4.3", "fail fast: invalid inside a frame whose rest is never sent", client -> {
            byte[] frame = Frame.text(joined(head, tooHigh, after)).bytes();
            client.socket().send(Arrays.copyOf(frame, frame.length - after.length));
            client.expectClose(1007);
        }));
        cases.add(new Case("6.4.4", "fail fast: octet-wise, at the first octet that can't be", client -> {
            byte[] frame = Frame.text(joined(head, tooHigh, after)).bytes();
            client.socket().sendChopped(Arrays.copyOf(frame, frame.length - after.length - 2), 1);
            client.expectClose(1007);
        }));
        sequences(
                cases,
                5,
                true,
                "68656c6c6f24776f726c64",
                "68656c6c6fc2a2776f726c64",
                "68656c6c6fe282ac776f726c64",
                "68656c6c6ff0a4ada2776f726c64",
                "cebae1bdb9cf83cebcceb5");
        for (int length = 1; length <= before.length; length++) {
            boolean valid = List.of(2, 5, 7, 9, 11).contains(length);
            cases.add(sequence("6.6." + length, valid, Arrays.copyOf(before, length)));
        }
        sequences(cases, 7, true, "00", "c280", "e0a080", "f0908080");
        sequences(cases, 8, false, "f888808080", "fc8480808080");
        sequences(cases, 9, true, "7f", "dfbf", "efbfbf", "f48fbfbf");
        sequences(cases, 10, false, "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf");
        sequences(cases, 11, true, "ed9fbf", "ee8080", "efbfbd", "f48fbfbf");
        cases.add(sequence("6.11.5", false, tooHigh));
        sequences(
                cases,
                12,
                false,
                "80",
                "bf",
                "80bf",
                "80bf80",
                "80bf80bf",
                "80bf80bf80",
                "80bf80bf80bf",
                range(0x80, 0xbf, ""));
        sequences(
                cases,
                13,
                false,
                range(0xc0, 0xdf, "20"),
                range(0xe0, 0xef, "20"),
                range(0xf0, 0xf7, "20"),
                range(0xf8, 0xfb, "20"),
                range(0xfc, 0xfd, "20"));
        String[] cut = {
            "c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"
        };
        sequences(cases, 14, false, cut);
        sequences(cases, 15, false, String.join("", cut));
        sequences(cases, 16, false, "fe", "ff", "fefeffff");
        sequences(cases, 17, false, "c0af", "e080af", "f08080af", "f8808080af", "fc80808080af");
        sequences(cases, 18, false, "c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf");
        sequences(cases, 19, false, "c080", "e08080", "f0808080", "f880808080", "fc8080808080");
        sequences(cases, 20, false, "eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf");
        sequences(
                cases,
                21,
                false,
                "eda080edb080",
                "eda080edbfbf",
                "edadbfedb080",
                "edadbfedbfbf",
                "edae80edb080",
                "edae80edbfbf",
                "edafbfedb080",
                "edafbfedbfbf");
        List<String> nonCharacters = new ArrayList<>();
        for (int plane = 0; plane <= 16; plane++) {
            nonCharacters.add(hex(plane << 16 | 0xfffe));
            nonCharacters.add(hex(plane << 16 | 0xffff));
        }
        sequences(cases, 22, true, nonCharacters.toArray(String[]::new));
        sequences(
                cases,
                23,
                true,
                hex(0xfff9),
                hex(0xfffa),
                hex(0xfffb),
                hex(0xfffc),
                hex(0xfffd),
                hex(0xfffe),
                hex(0xffff));
        return cases.stream();
    }

    private static void sequences(List<Case> cases, int group, boolean valid, String... hexes) {
        for (int i = 0; i < hexes.length; i++) {
            cases.add(
                    sequence("6." + group + "." + (i + 1), valid, HexFormat.of().parseHex(hexes[i])));
        }
    }

    private static Case sequence(String number, boolean valid, byte[] bytes) {
        String title = (valid ? "valid " : "invalid ") + HexFormat.of().formatHex(bytes, 0, Math.min(8, bytes.length));
        return new Case(number, title, client -> {
            client.send(Frame.text(echo(bytes)));
            if (!valid) {
                client.expectClose(1007);
            } else if (bytes[0] == 0) {
                client.expectClose(4400);
            } else {
                expectEcho(client, new String(bytes, StandardCharsets.UTF_8));
            }
        });
    }

    // ---- 7 Closing

    static Stream<Case> closing() {
        Frame normal = Frame.close(1000, "");
        List<Case> cases = new ArrayList<>(List.of(
                new Case("7.1.1", "a message, then a close", client -> {
                    client.send(Frame.text(request(1, "heartbeat")), normal);
                    expectReply(client);
                    expectAnswer(client, 1000);
                }),
                new Case("7.1.2", "two closes", client -> {
                    client.send(normal, normal);
                    expectAnswer(client, 1000);
                }),
                new Case("7.1.3", "a ping after the close", client -> {
                    client.send(normal, Frame.ping(""));
                    expectAnswer(client, 1000);
                }),
                new Case("7.1.4", "a text after the close", client -> {
                    client.send(normal, Frame.text(request(1, "heartbeat")));
                    expectAnswer(client, 1000);
                }),
                new Case("7.1.5", "a close inside a fragmented message", client -> {
                    client.send(Frame.text("{").fin(false), normal, Frame.continuation("}"));
                    expectAnswer(client, 1000);
                }),
                new Case("7.1.6", "256 kB, a close, a ping", client -> {
                    client.socket().trySend(Frame.bytes(Frame.text(heartbeat(262_144)), normal, Frame.ping("")));
                    expectReply(client);
                    expectAnswer(client, 1000);
                }),
                new Case("7.3.1", "close without payload", client -> {
                    client.send(Frame.close(new byte[0]));
                    expectAnswer(client, 1000);
                }),
                new Case("7.3.2", "close of 1 byte", client -> {
                    client.send(Frame.close(new byte[] {'a'}));
                    client.expectClose(1002);
                }),
                new Case("7.3.3", "close with a code", client -> {
                    client.send(normal);
                    expectAnswer(client, 1000);
                }),
                new Case("7.3.4", "close with a code and a reason", client -> {
                    client.send(Frame.close(1000, "Hello World!"));
                    expectAnswer(client, 1000);
                }),
                new Case("7.3.5", "close with a reason of 123 bytes", client -> {
                    client.send(Frame.close(1000, "*".repeat(123)));
                    expectAnswer(client, 1000);
                }),
                new Case("7.3.6", "close with a reason of 124 bytes", client -> {
                    client.send(Frame.close(1000, "*".repeat(124)));
                    client.expectClose(1002);
                }),
                new Case("7.5.1", "close with a reason that is not UTF-8", client -> {
                    client.send(Frame.close(Frame.closeBody(
                            1000, HexFormat.of().parseHex("cebae1bdb9cf83cebcceb5eda080656469746564"))));
                    client.expectClose(1007);
                })));
        int[] valid = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999};
        for (int i = 0; i < valid.length; i++) {
            int code = valid[i];
            cases.add(new Case("7.7." + (i + 1), "close with valid code " + code, client -> {
                client.send(Frame.close(code, ""));
                expectAnswer(client, code);
            }));
        }
        int[] invalid = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};
        for (int i = 0; i < invalid.length; i++) {
            int code = invalid[i];
            cases.add(new Case("7.9." + (i + 1), "close with invalid code " + code, client -> {
                client.send(Frame.close(code, ""));
                client.expectClose(1002);
            }));
        }
        cases.add(new Case("7.13.1", "close with code 5000", client -> {
            client.send(Frame.close(5000, ""));
            client.expectClose(1002);
        }));
        cases.add(new Case("7.13.2", "close with code 65535", client -> {
            client.send(Frame.close(65_535, ""));
            client.expectClose(1002);
        }));
        return cases.stream();
    }

    // ---- 10 Misc

    static Stream<Case> misc() {
        return Stream.of(new Case("10.1.1", "65,536 bytes in fragments of 1,300", client -> {
            client.send(Frame.fragments(Frame.TEXT, heartbeat(65_536), 1300));
            expectReply(client);
        }));
    }

    // ---- requests in place of the echo

    private static String request(int id, String method) {
        return "{\"id\":" + id + ",\"method\":\"" + method + "\"}";
    }

    private static byte[] heartbeat(int bytes) {
        return bytes == 0 ? new byte[0] : FramesBlackBoxTest.padded(bytes).getBytes(StandardCharsets.US_ASCII);
    }

    private static void expectReply(WsClient client) {
        assertThat(client.response().get("requestId").number()).isEqualTo(1);
    }

    private static void expectReplyThenClose(WsClient client) {
        expectReply(client);
        assertThat(client.read().opcode()).isEqualTo(Frame.CLOSE);
        client.expectClose(1002);
    }

    /** A publish whose payload is a string of these bytes. */
    private static byte[] echo(byte[] content) {
        byte[] head = "{\"method\":\"publish\",\"params\":{\"channel\":\"echo\",\"event\":\"e\",\"payload\":\""
                .getBytes(StandardCharsets.US_ASCII);
        return joined(head, content, "\"}}".getBytes(StandardCharsets.US_ASCII));
    }

    private static void expectEcho(WsClient client, String content) {
        assertThat(client.broadcast().get("payload").raw()).isEqualTo("\"" + content + "\"");
    }

    private static void expectAnswer(WsClient client, int code) {
        Frame frame = client.read();
        assertThat(frame.opcode()).isEqualTo(Frame.CLOSE);
        assertThat(client.closeCode()).isIn(code, 1000);
        client.socket().expectClosed();
    }

    private static void chopTry(WsClient client, byte[] bytes) {
        for (byte b : bytes) {
            client.socket().trySend(new byte[] {b});
        }
    }

    private static String range(int first, int last, String between) {
        StringBuilder hex = new StringBuilder();
        for (int b = first; b <= last; b++) {
            hex.append(String.format("%02x", b)).append(between);
        }
        return hex.toString();
    }

    private static String hex(int codePoint) {
        return HexFormat.of().formatHex(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
    }

    private static int indexOf(byte[] bytes, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i <= bytes.length - wanted.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError(text);
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] joined(byte[]... parts) {
        java.io.ByteArrayOutputStream joined = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
