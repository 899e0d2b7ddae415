package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends bytes to a node on one connection, ends it, and compares the requests that the node read with
 * {@link ReferenceHttp}.
 */
final class FramingProbe implements AutoCloseable {
    static final String PUBLISH = TestGateway.BASE + "/publish";
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");

    private final HeldNode node = new HeldNode("MAX_BODY_BYTES", "100000");

    /** The result of a stream: the statuses of the responses and the published payloads. */
    record Reading(List<Integer> statuses, List<String> published) {}

    FramingProbe() {
        node.relay.answerAtOnce(true);
    }

    /** A publish with a length. */
    static String publish(int number) {
        return new String(TestGateway.publishRequest(body(number)), StandardCharsets.ISO_8859_1);
    }

    static String body(int number) {
        return WsClient.publishParams("p", "e", Integer.toString(number));
    }

    /** The start of a publish, without a length. */
    static String head() {
        return "POST " + PUBLISH + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + TestGateway.API_KEY + "\r\n";
    }

    /** Sends the stream in this many writes. */
    Reading read(String latin1, int segments) {
        node.relay.forget();
        String answers;
        try (RawSocket socket = RawSocket.connect(node.port())) {
            socket.patience(Duration.ofSeconds(30));
            byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
            try {
                socket.sendSplit(bytes, segments);
                socket.finishSending();
            } catch (java.io.UncheckedIOException e) {
                // the node has closed
            }
            answers = new String(socket.readToEnd(), StandardCharsets.ISO_8859_1);
        }
        List<Integer> statuses = new ArrayList<>();
        for (Matcher line = STATUS_LINE.matcher(answers); line.find(); ) {
            if (!line.group(1).equals("100")) {
                statuses.add(Integer.valueOf(line.group(1)));
            }
        }
        return new Reading(
                statuses,
                node.relay.publishes().stream().map(HeldRelay.Held::payload).toList());
    }

    /** Fails unless the published bodies are those of the requests that the reference finds, in that order. */
    Reading check(String latin1, int segments) {
        List<ReferenceHttp.Request> requests = ReferenceHttp.requests(latin1);
        Reading reading = read(latin1, segments);
        int at = 0;
        for (String payload : reading.published()) {
            while (at < requests.size() && !requests.get(at).body().contains("\"payload\":" + payload)) {
                at++;
            }
            assertThat(at).as("%s published out of %s", payload, latin1).isLessThan(requests.size());
            at++;
        }
        assertThat(reading.statuses().size()).as("answers to %s", latin1).isLessThanOrEqualTo(requests.size() + 1);
        return reading;
    }

    double refusals(String reason) {
        return node.metric("broadcaster_refusals_total{reason=\"" + reason + "\"}");
    }

    @Override
    public void close() {
        node.close();
    }
}
