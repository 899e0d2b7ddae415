package dev.broadcaster.websocket;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
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

/** A message to a subscriber: the work per node, and the work per subscriber. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FramesBenchmark {
    @Param({"150", "4096"})
    public int payloadBytes;

    private final ByteBuffer out = ByteBuffer.allocateDirect(64 * 1024);
    private Message message = message(2);
    private EncodedBroadcast encoded = EncodedBroadcast.of(message);
    private long seq;

    @Setup
    public void encode() {
        message = message(payloadBytes);
        encoded = EncodedBroadcast.of(message);
    }

    private static Message message(int payloadBytes) {
        byte[] payload = ('"' + "x".repeat(payloadBytes - 2) + '"').getBytes(StandardCharsets.UTF_8);
        byte[] event = "\"greeting\"".getBytes(StandardCharsets.UTF_8);
        return new Message("01M85AP39VQDNA978MT4J2WDT6", "2026-01-31T12:00:00.000Z", "chat:lobby", event, payload);
    }

    @Benchmark
    public EncodedBroadcast onceANode() {
        return EncodedBroadcast.of(message);
    }

    @Benchmark
    public ByteBuffer onceASubscriber() {
        Frames.putBroadcast(out.clear(), encoded, ++seq & 0xffff);
        return out;
    }
}
