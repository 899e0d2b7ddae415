package dev.broadcaster.websocket;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A JSON message to 1,000 subscribers with different {@code seq}: plain, deflated once, and deflated for each of them,
 * which the gateway does not do. Without writing; per delivery.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CompressionBenchmark {
    private static final int SUBSCRIBERS = 1000;
    private static final String[] NAMES = {
        "Ann Miller", "Bo Smith", "Chris Jones", "Dana Brown", "Eve Davis", "Finn Moore"
    };

    @Param({"512", "1024", "4096"})
    public int payloadBytes;

    private final ByteBuffer out = ByteBuffer.allocateDirect(64 * 1024);
    private final byte[] deflated = new byte[64 * 1024];
    private final MessageDeflater deflater = new MessageDeflater();
    private final Deflater zlib = new Deflater(4, true);
    private Message message = message(100);
    private byte[] text = {};

    @Setup
    public void encode() {
        message = message(payloadBytes);
        EncodedBroadcast plain = EncodedBroadcast.of(message);
        text = new byte[plain.length() + 3];
        ByteBuffer.wrap(text)
                .put(plain.prefix())
                .put(new byte[] {'1', '2', '3'})
                .put(plain.suffix());
        zlib.setInput(text);
        System.out.printf(
                "# %d bytes plain, %d deflated once, %d deflated for each%n",
                Frames.broadcastLength(plain, 123),
                Frames.broadcastLength(deflater.deflated(plain), 123),
                zlib.deflate(deflated, 0, deflated.length, Deflater.SYNC_FLUSH));
    }

    private static Message message(int payloadBytes) {
        SplittableRandom random = new SplittableRandom(payloadBytes);
        StringBuilder payload = new StringBuilder("[");
        while (payload.length() < payloadBytes - 80) {
            payload.append("{\"id\":")
                    .append(random.nextInt(1_000_000))
                    .append(",\"customer\":\"")
                    .append(NAMES[random.nextInt(NAMES.length)])
                    .append("\",\"price\":")
                    .append(random.nextInt(100_000) / 100.0)
                    .append(",\"open\":")
                    .append(random.nextBoolean())
                    .append("},");
        }
        byte[] json = payload.append('"')
                .append("x".repeat(payloadBytes - payload.length() - 2))
                .append("\"]")
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        byte[] event = "\"update\"".getBytes(StandardCharsets.UTF_8);
        return new Message("01M85AP39VQDNA978MT4J2WDT6", "2026-01-31T12:00:00.000Z", "chat:lobby", event, json);
    }

    @Benchmark
    @OperationsPerInvocation(SUBSCRIBERS)
    public ByteBuffer plain() {
        return putForEach(EncodedBroadcast.of(message));
    }

    @Benchmark
    @OperationsPerInvocation(SUBSCRIBERS)
    public ByteBuffer deflatedOnce() {
        return putForEach(deflater.deflated(EncodedBroadcast.of(message)));
    }

    private ByteBuffer putForEach(EncodedBroadcast encoded) {
        for (int seq = 100; seq < 100 + SUBSCRIBERS; seq++) {
            Frames.putBroadcast(out.clear(), encoded, seq);
        }
        return out;
    }

    @Benchmark
    @OperationsPerInvocation(SUBSCRIBERS)
    public int deflatedForEach() {
        int length = 0;
        for (int i = 0; i < SUBSCRIBERS; i++) {
            zlib.reset();
            zlib.setInput(text);
            length += zlib.deflate(deflated, 0, deflated.length, Deflater.SYNC_FLUSH);
        }
        return length;
    }

    @TearDown
    public void close() {
        deflater.close();
        zlib.end();
    }
}
