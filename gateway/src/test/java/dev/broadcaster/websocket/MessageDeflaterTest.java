package dev.broadcaster.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.protocol.Deflation;
import dev.broadcaster.protocol.EncodedBroadcast;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The frames for clients with permessage-deflate, read back by the JDK's Inflater by RFC 7692 section 7.2.2. */
final class MessageDeflaterTest {
    private static final int[] LENGTHS = {
        200, 255, 300, 511, 1_000, 1_024, 4_096, 16_384, 32_768, 65_400, 65_535, 70_000
    };
    private static final String[] WORDS = {
        "order", "price", "user", "true", "null", "name", "12.50", "2026", "\",\"", "{"
    };

    private final MessageDeflater deflater = new MessageDeflater();

    @AfterEach
    void close() {
        deflater.close();
    }

    enum Content {
        REPETITIVE {
            @Override
            void fill(byte[] bytes, SplittableRandom random) {
                Arrays.fill(bytes, (byte) 'x');
            }
        },
        WORDS_OF_JSON {
            @Override
            void fill(byte[] bytes, SplittableRandom random) {
                for (int at = 0; at < bytes.length; ) {
                    byte[] word = WORDS[random.nextInt(WORDS.length)].getBytes(UTF_8);
                    int length = Math.min(word.length, bytes.length - at);
                    System.arraycopy(word, 0, bytes, at, length);
                    at += length;
                }
            }
        },
        PRINTABLE {
            @Override
            void fill(byte[] bytes, SplittableRandom random) {
                for (int i = 0; i < bytes.length; i++) {
                    bytes[i] = (byte) random.nextInt(' ', 127);
                }
            }
        },
        INCOMPRESSIBLE {
            @Override
            void fill(byte[] bytes, SplittableRandom random) {
                random.nextBytes(bytes);
            }
        };

        abstract void fill(byte[] bytes, SplittableRandom random);
    }

    private static EncodedBroadcast message(Content content, int payloadLength, long seed) {
        byte[] payload = new byte[payloadLength];
        content.fill(payload, new SplittableRandom(seed));
        return EncodedBroadcast.of(new Message(
                "01M85AP39VQDNA978MT4J2WDT6",
                "2026-01-31T12:00:00.000Z",
                "chat:lobby",
                "\"greeting\"".getBytes(UTF_8),
                payload));
    }

    private static byte[] text(EncodedBroadcast message, long seq) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        text.writeBytes(message.prefix());
        text.writeBytes(String.valueOf(seq).getBytes(UTF_8));
        text.writeBytes(message.suffix());
        return text.toByteArray();
    }

    /** The content of a frame of the node, by the rules of RFC 7692. */
    private static byte[] inflated(byte[] frame) throws DataFormatException {
        assertThat(frame[0]).as("final, RSV1, text").isEqualTo((byte) 0xc1);
        int header = frame[1] < 126 ? 2 : frame[1] == 126 ? 4 : 10;
        byte[] payload = Arrays.copyOfRange(frame, header, frame.length + 4);
        payload[payload.length - 2] = (byte) 0xff;
        payload[payload.length - 1] = (byte) 0xff;
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(payload);
            byte[] out = new byte[200_000];
            int length = inflater.inflate(out);
            assertThat(inflater.getRemaining()).as("all is used").isZero();
            assertThat(inflater.finished()).as("no final block").isFalse();
            return Arrays.copyOf(out, length);
        } finally {
            inflater.end();
        }
    }

    @ParameterizedTest
    @EnumSource(Content.class)
    void deflatedFrame_inflatesToThePlainText_whateverSeq(Content content) throws Exception {
        for (int length : LENGTHS) {
            EncodedBroadcast plain = message(content, length, length);
            EncodedBroadcast message = deflater.deflated(plain);
            if (content != Content.INCOMPRESSIBLE) {
                assertThat(message.isDeflated()).as("%d bytes", length).isTrue();
            }
            for (long seq = 1; seq > 0; seq = seq < Long.MAX_VALUE / 10 ? seq * 10 : -1) {
                for (long each : new long[] {seq, seq + seq / 10 * 7}) {
                    byte[] frame = FramesTest.frame(message, each);
                    assertThat(frame).hasSize(Frames.broadcastLength(message, each));
                    if (message.isDeflated()) {
                        assertThat(inflated(frame)).isEqualTo(text(plain, each));
                        assertThat(frame.length).isLessThan(Frames.broadcastLength(plain, each));
                    } else {
                        assertThat(frame).isEqualTo(FramesTest.frame(plain, each));
                    }
                }
            }
            long last = Long.MAX_VALUE;
            if (message.isDeflated()) {
                assertThat(inflated(FramesTest.frame(message, last))).isEqualTo(text(plain, last));
            }
        }
    }

    @Test
    void message_goesPlain_whenItDoesNotGetShorter() {
        for (int length : LENGTHS) {
            EncodedBroadcast plain = message(Content.INCOMPRESSIBLE, Math.max(length, 1_000), length);
            assertThat(deflater.deflated(plain)).isSameAs(plain);
        }
    }

    /** From a message that does not get shorter to one that just does: the frame is never longer than plain. */
    @Test
    void message_isDeflatedOnlyWhereThatIsShorter_atTheBorder() throws Exception {
        int deflated = 0;
        for (int same = 0; same < 120; same++) {
            byte[] payload = new byte[400];
            new SplittableRandom(same).nextBytes(payload);
            Arrays.fill(payload, 0, same, (byte) 'x');
            EncodedBroadcast plain = EncodedBroadcast.of(new Message("id", "t", "c", "\"e\"".getBytes(UTF_8), payload));

            EncodedBroadcast message = deflater.deflated(plain);

            if (message.isDeflated()) {
                deflated++;
                assertThat(message.length() + MessageDeflater.STORED_HEADER_BYTES)
                        .isLessThan(plain.length());
                assertThat(inflated(FramesTest.frame(message, 7))).isEqualTo(text(plain, 7));
            } else {
                assertThat(message).isSameAs(plain);
            }
        }
        assertThat(deflated).isBetween(10, 110);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 12, 123_456})
    void message_goesPlain_whenShorterThan256Bytes(long seq) {
        int rest = message(Content.REPETITIVE, 0, 0).length();
        for (int length = 0; length < 300; length++) {
            EncodedBroadcast plain = message(Content.REPETITIVE, length, 0);
            boolean isDeflated = deflater.deflated(plain).isDeflated();
            if (text(plain, seq).length < 256) {
                assertThat(isDeflated).as("%d bytes", rest + length).isFalse();
            }
            if (plain.length() >= 256) {
                assertThat(isDeflated).as("%d bytes", rest + length).isTrue();
            }
        }
    }

    /** A message that was abandoned in the middle leaves nothing behind. */
    @Test
    void messages_areIndependent() throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        EncodedBroadcast first = message(Content.WORDS_OF_JSON, 5_000, 5);
        byte[] frame = FramesTest.frame(deflater.deflated(first), 1);
        for (int i = 0; i < 50; i++) {
            Content content = Content.values()[random.nextInt(4)];
            deflater.deflated(message(content, random.nextInt(200, 100_000), i));
            EncodedBroadcast again = message(Content.WORDS_OF_JSON, 5_000, 5);
            assertThat(FramesTest.frame(deflater.deflated(again), 1)).isEqualTo(frame);
        }
        assertThat(inflated(frame)).isEqualTo(text(first, 1));
    }

    @Test
    void message_isDeflatedOnce_whenShardsAskAtTheSameTime() throws Exception {
        int threads = 8;
        ExecutorService shards = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 50; round++) {
                EncodedBroadcast plain = message(Content.WORDS_OF_JSON, 2_000, round);
                AtomicInteger times = new AtomicInteger();
                CountDownLatch start = new CountDownLatch(threads);
                List<Future<EncodedBroadcast>> got = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    got.add(shards.submit(() -> {
                        try (MessageDeflater own = new MessageDeflater()) {
                            Deflation counted = bytes -> {
                                times.incrementAndGet();
                                return own.deflate(bytes);
                            };
                            start.countDown();
                            start.await();
                            return plain.deflated(counted);
                        }
                    }));
                }
                EncodedBroadcast first = got.get(0).get();
                assertThat(first.isDeflated()).isTrue();
                for (Future<EncodedBroadcast> each : got) {
                    assertThat(each.get()).isSameAs(first);
                }
                assertThat(times).hasValue(1);
                assertThat(plain.knowsDeflated()).isTrue();
            }
        } finally {
            shards.shutdownNow();
        }
    }
}
