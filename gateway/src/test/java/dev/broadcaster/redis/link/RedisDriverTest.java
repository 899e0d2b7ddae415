package dev.broadcaster.redis.link;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.Position;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RedisDriverTest {
    private final RedisDriver.Codec codec = new RedisDriver.Codec(64);

    /** {@code bytes} in every kind of buffer of a reply, with other bytes before and after them. */
    private static List<ByteBuffer> buffersWith(byte[] bytes) {
        ByteBuffer heap = ByteBuffer.allocate(bytes.length + 5);
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length + 5);
        for (ByteBuffer buffer : List.of(heap, direct)) {
            buffer.put(new byte[] {'x', 'y'}).put(bytes).put((byte) 'z').flip();
            buffer.position(2).limit(2 + bytes.length);
        }
        return List.of(heap, direct, heap.asReadOnlyBuffer(), direct.asReadOnlyBuffer());
    }

    @Test
    void anEnvelope_isReadWhereItLies_inAnyBuffer() {
        for (ByteBuffer buffer : buffersWith("1 e 7 id time - 3 \"e\"{}".getBytes(ISO_8859_1))) {
            Envelope envelope = (Envelope) codec.decodeValue(buffer);

            assertThat(envelope.position()).isEqualTo(new Position("e", 7));
            assertThat(envelope.payload()).asString(ISO_8859_1).isEqualTo("{}");
        }
    }

    @Test
    void otherValues_areReadAsBytes_fromAnyBuffer() {
        for (String text : List.of("", "1", "EPOCH 17", "2 e 7 id time - 3 \"e\"{}", "1 e 7 id time - 3 \"e\"")) {
            for (ByteBuffer buffer : buffersWith(text.getBytes(ISO_8859_1))) {
                assertThat((byte[]) codec.decodeValue(buffer))
                        .asString(ISO_8859_1)
                        .isEqualTo(text);
            }
        }
    }

    @Test
    void readBytes_stayUnchanged_whenTheBufferIsUsedAgain() {
        for (ByteBuffer buffer : buffersWith(new byte[] {1, 2, 3}).subList(0, 2)) {
            byte[] value = (byte[]) codec.decodeValue(buffer.duplicate());
            buffer.put(new byte[] {7, 7, 7});

            assertThat(value).containsExactly(1, 2, 3);
        }
    }

    @Test
    void oversizedValues_areNotCopied_evenIfTheyAreEnvelopes() {
        String start = "1 e 7 id time - 3 \"e\"";
        String longest = start + "x".repeat(64 - start.length());
        for (ByteBuffer buffer : buffersWith(longest.getBytes(ISO_8859_1))) {
            assertThat(codec.decodeValue(buffer)).isInstanceOf(Envelope.class);
        }
        for (ByteBuffer buffer : buffersWith((longest + 'x').getBytes(ISO_8859_1))) {
            assertThat((byte[]) codec.decodeValue(buffer)).isEmpty();
        }
    }

    @Test
    void aTopic_isReadFromAnyBuffer_howeverLongItIs() {
        for (ByteBuffer buffer : buffersWith("topic é".getBytes(ISO_8859_1))) {
            assertThat(codec.decodeKey(buffer)).hasToString("topic é");
        }
    }

    /** A set of Lettuce has all subscribed topics: those with one hash are searched one after the other. */
    @Test
    void topics_whoseStringsHaveOneHash_haveDifferentHashes() {
        Set<Integer> strings = new HashSet<>();
        Set<Integer> topics = new HashSet<>();
        for (int i = 0; i < 20_000; i++) {
            StringBuilder name = new StringBuilder("broadcaster:{p08-52}:m:");
            for (int bit = 0; bit < 15; bit++) {
                name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            strings.add(name.toString().hashCode());
            topics.add(codec.decodeKey(codec.encodeKey(name)).hashCode());
        }
        assertThat(strings).hasSize(1);
        assertThat(topics).hasSizeGreaterThan(19_900);
    }

    @Test
    void aTopic_equalsOnlyTheSameTopic() {
        CharSequence topic = codec.decodeKey(codec.encodeKey("topic"));

        assertThat(topic).isEqualTo(codec.decodeKey(codec.encodeKey("topic"))).isNotEqualTo("topic");
        assertThat(topic.hashCode())
                .isEqualTo(codec.decodeKey(codec.encodeKey("topic")).hashCode());
        assertThat(topic).isNotEqualTo(codec.decodeKey(codec.encodeKey("topik")));
    }

    @Test
    void aKey_isWrittenAsItIsRead() {
        assertThat(codec.decodeKey(codec.encodeKey("key é"))).hasToString("key é");
        assertThat(codec.encodeValue(new byte[] {1, -2})).isEqualTo(ByteBuffer.wrap(new byte[] {1, -2}));
    }
}
