package dev.broadcaster.redis.link;

import dev.broadcaster.message.Message;
import dev.broadcaster.redis.wire.Envelope;
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

/** A message pushed by Redis, from the bytes of the reply to the input of the hub. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class EnvelopeBenchmark {
    @Param({"150", "4096"})
    public int payloadBytes;

    private final RedisDriver.Codec codec = new RedisDriver.Codec(1 << 20);
    private ByteBuffer bytes = ByteBuffer.allocate(0);

    @Setup
    public void encode() {
        String text =
                "1 X4RRFFQ69G 123456 01ARZ3NDEKTSV4RRFFQ69G5FAV 2026-01-31T23:59:59.123Z - 10 \"greeting\"{\"text\":\""
                        + "x".repeat(payloadBytes - 11) + "\"}";
        bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)).asReadOnlyBuffer(); // as in Lettuce
    }

    @Benchmark
    public Message decode() {
        if (codec.decodeValue(bytes) instanceof Envelope envelope) {
            return envelope.message("chat:lobby");
        }
        throw new IllegalStateException("not an envelope");
    }
}
