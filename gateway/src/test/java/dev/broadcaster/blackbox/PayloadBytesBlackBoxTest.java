package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.Frame;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A payload reaches subscribers byte for byte, except for white space between tokens: protocol section 2. */
@Tag("black-box")
final class PayloadBytesBlackBoxTest {

    private static final int VALUES = 10_000;
    private static final int AT_ONCE = 50;
    /** The envelope of a request over WebSocket takes two of the 64 levels, that of REST one. */
    private static final int MAX_DEPTH = 62;

    @RegisterExtension
    static final TestGateway gateway = TestGateway.shared("MAX_REQUEST_RATE", "0");

    @Test
    void payload_isUnchanged_forAnyValue() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("PayloadBytesBlackBoxTest seed: " + seed);
        RandomJson json = new RandomJson(new Random(seed), MAX_DEPTH);
        WsClient observer = gateway.subscriber("bytes");
        WsClient publisher = gateway.member();
        HttpRaw http = gateway.http();

        for (int round = 0; round < VALUES / AT_ONCE; round++) {
            List<String> payloads =
                    IntStream.range(0, AT_ONCE).mapToObj(i -> json.value()).toList();
            if (round % 2 == 0) {
                publishOverTheSocket(publisher, payloads);
            } else {
                publishOverRest(http, payloads);
            }
            for (String payload : payloads) {
                String received = observer.broadcast().get("payload").raw();
                assertThat(Json.compact(received)).as("seed %s", seed).isEqualTo(Json.compact(payload));
            }
        }
    }

    private static void publishOverTheSocket(WsClient publisher, List<String> payloads) {
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < payloads.size(); i++) {
            frames.add(Frame.text(
                    WsClient.request(i + 1, "publish", WsClient.publishParams("bytes", "e", payloads.get(i)))));
        }
        publisher.send(frames.toArray(Frame[]::new));
        for (int i = 0; i < payloads.size(); i++) {
            Json response = publisher.response();
            assertThat(response.has("result"))
                    .as("%s for %s", response, payloads.get(i))
                    .isTrue();
        }
    }

    private static void publishOverRest(HttpRaw http, List<String> payloads) {
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        for (String payload : payloads) {
            requests.writeBytes(TestGateway.publishRequest(WsClient.publishParams("bytes", "e", payload)));
        }
        http.socket().send(requests.toByteArray());
        for (String payload : payloads) {
            HttpRaw.Response response = http.read();
            assertThat(response.status()).as("%s for %s", response, payload).isEqualTo(200);
        }
    }
}
