package dev.broadcaster.protocol;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A client's request, from the bytes of its message to the input of the dispatcher. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestScannerBenchmark {
    /** The request of the client; a number means a publish with a payload of this many bytes. */
    @Param({"heartbeat", "subscribe", "150", "4096"})
    public String request = "";

    private byte[] bytes = {};

    @Setup
    public void encode() {
        String text = switch (request) {
            case "heartbeat" -> "{\"id\":12345,\"method\":\"heartbeat\"}";
            case "subscribe" -> "{\"id\":12345,\"method\":\"subscribe\",\"params\":{\"channel\":\"chat:lobby\"}}";
            default ->
                "{\"id\":12345,\"method\":\"publish\",\"params\":{\"channel\":\"chat:lobby\",\"event\":\"greeting\","
                        + "\"payload\":{\"n\":17,\"text\":\""
                        + "x".repeat(Integer.parseInt(request) - 18) + "\"}}}";
        };
        bytes = text.getBytes(StandardCharsets.UTF_8);
    }

    @Benchmark
    public Request scan() throws MalformedJsonException {
        return RequestScanner.scan(bytes, 0, bytes.length);
    }
}
