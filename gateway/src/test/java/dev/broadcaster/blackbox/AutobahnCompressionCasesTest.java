package dev.broadcaster.blackbox;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.broadcaster.testing.Frame;
import dev.broadcaster.testing.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases of the Autobahn test suite, sections 12 and 13, rewritten as in {@link AutobahnCasesTest}: a publish
 * replaces the text, its broadcast the echo. Of section 12 the sizes and fragments of all 18 cases, with one kind of
 * text instead of five, and 20 messages instead of 1,000; of section 13 the negotiation of each group.
 */
@Tag("black-box")
final class AutobahnCompressionCasesTest {
    private static final int MESSAGES = 20;

    @RegisterExtension
    static final TestGateway gateway =
            TestGateway.shared("COMPRESSION", "true", "MAX_MESSAGE_BYTES", "1048576", "MAX_PENDING_BYTES", "16777216");

    static Stream<Arguments> section12() {
        int[][] sizesAndFragments = {
            {16, 0},
            {64, 0},
            {256, 0},
            {1024, 0},
            {4096, 0},
            {8192, 0},
            {16_384, 0},
            {32_768, 0},
            {65_536, 0},
            {131_072, 0},
            {8192, 256},
            {16_384, 256},
            {32_768, 256},
            {65_536, 256},
            {131_072, 256},
            {131_072, 1024},
            {131_072, 4096},
            {131_072, 32_768}
        };
        List<Arguments> cases = new ArrayList<>();
        for (int i = 0; i < sizesAndFragments.length; i++) {
            cases.add(arguments("12.1." + (i + 1), sizesAndFragments[i][0], sizesAndFragments[i][1]));
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}: {1} bytes in fragments of {2}")
    @MethodSource("section12")
    void messages_return(String number, int size, int fragment) {
        WsClient client = WsClient.upgradeDeflating(gateway.socket()).auth(Tokens.valid());
        client.subscribe("echo");
        exchange(client, size, fragment);
    }

    static Stream<Arguments> section13() {
        String takeover = "; server_no_context_takeover; client_no_context_takeover";
        String accepted = "permessage-deflate" + takeover;
        return Stream.of(
                arguments("13.1", "permessage-deflate; client_max_window_bits", accepted),
                arguments("13.2", "permessage-deflate" + takeover + "; client_max_window_bits", accepted),
                arguments("13.3", "permessage-deflate; client_max_window_bits; server_max_window_bits=9", ""),
                arguments(
                        "13.4",
                        "permessage-deflate; client_max_window_bits; server_max_window_bits=15",
                        accepted + "; server_max_window_bits=15"),
                arguments("13.5", "permessage-deflate" + takeover + "; server_max_window_bits=9", ""),
                arguments(
                        "13.6",
                        "permessage-deflate" + takeover + "; server_max_window_bits=15",
                        accepted + "; server_max_window_bits=15"),
                arguments(
                        "13.7",
                        "permessage-deflate; server_no_context_takeover; server_max_window_bits=9,"
                                + " permessage-deflate; server_no_context_takeover, permessage-deflate",
                        accepted));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("section13")
    void offer_isAnswered_andMessagesComeBack(String number, String offer, String answer) {
        WsClient client =
                WsClient.upgradeOffering(gateway.socket(), offer, answer).auth(Tokens.valid());
        client.subscribe("echo");
        exchange(client, 16, 0);
        exchange(client, 8192, 0);
        exchange(client, 131_072, 1024);
    }

    private static void exchange(WsClient client, int size, int fragment) {
        for (int n = 0; n < MESSAGES; n++) {
            String text = text(size, n);
            byte[] request = ("{\"method\":\"publish\",\"params\":{\"channel\":\"echo\",\"event\":\"e\",\"payload\":\""
                            + text + "\"}}")
                    .getBytes(UTF_8);
            byte[] bytes = client.inflates() ? Deflated.deflate(request) : request;
            Frame[] frames = Frame.fragments(Frame.TEXT, bytes, fragment == 0 ? bytes.length : fragment);
            frames[0] = frames[0].rsv(client.inflates() ? 4 : 0);
            client.send(frames);
            assertThat(client.broadcast().get("payload").raw()).isEqualTo("\"" + text + "\"");
        }
    }

    private static String text(int size, int seed) {
        byte[] bytes = new byte[size];
        Random random = new Random(seed);
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) "etaoin shrdlu.,0123456789".charAt((int) Math.abs(random.nextGaussian() * 8) % 25);
        }
        return new String(bytes, US_ASCII);
    }
}
