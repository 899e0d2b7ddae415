package dev.broadcaster.redis.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.relay.ChannelNames;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class KeyNamesTest {
    private static final int SLOTS = 16384;

    private final KeyNames names = new KeyNames("prefix", 3);

    @ParameterizedTest
    @MethodSource("dev.broadcaster.relay.ChannelNames#all")
    void everyNameIsTheUtf8OfItsChannel_afterTheTagOfItsPartition(String channel) {
        int tag = KeyNames.partition(channel);
        String bytes = KeyNames.bytes(channel);
        String tagged = ":{" + KeyNames.tag(tag) + "}:";

        assertThat(bytes.getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(channel.getBytes(StandardCharsets.UTF_8));
        assertThat(names.topic(tag, bytes)).isEqualTo("prefix@3" + tagged + "m:" + bytes);
        assertThat(names.counter(tag, bytes)).isEqualTo("prefix" + tagged + "o:" + bytes);
        assertThat(names.history(tag, bytes)).isEqualTo("prefix" + tagged + "h:" + bytes);
        assertThat(names.answer(tag, bytes, "key")).startsWith("prefix" + tagged + "k:");
        // The hash tag of a cluster is the text between the first brace and the next closing one.
        String key = names.answer(tag, bytes, "{key}");
        assertThat(key.substring(key.indexOf('{') + 1, key.indexOf('}'))).isEqualTo(KeyNames.tag(tag));
    }

    @Test
    void aPlainName_isUnchanged() {
        assertThat(KeyNames.bytes("chat:lobby")).isSameAs("chat:lobby");
        assertThat(names.answer(0, "chat:lobby", "a key")).endsWith("k:chat:lobby a key");
    }

    @Test
    void pairsOfChannelAndKey_haveUniqueNames() {
        long seed = System.nanoTime();
        System.out.println("names.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, String> pairs = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            String channel = text(random);
            String key = text(random);
            String pair = channel.length() + "/" + channel + key;
            assertThat(pairs.putIfAbsent(names.answer(0, channel, key), pair)).isIn(null, pair);
        }
    }

    /** Few characters, so that names collide. */
    private static String text(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(1, 6); length > 0; length--) {
            text.append("a 13".charAt(random.nextInt(4)));
        }
        return text.toString();
    }

    @Test
    void randomNamesAreRoundTrips() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 20_000; i++) {
            String channel = ChannelNames.random(random);
            byte[] bytes = KeyNames.bytes(channel).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(new String(bytes, StandardCharsets.UTF_8)).isEqualTo(channel);
        }
    }

    @Test
    void partitions_haveEvenlySpreadSlots() {
        for (int tag = 0; tag < KeyNames.PARTITIONS; tag++) {
            assertThat(KeyNames.slot(tag) * KeyNames.PARTITIONS / SLOTS).isEqualTo(tag);
        }
    }

    @Test
    void slots_areThoseOfTheTags() {
        for (int tag = 0; tag < KeyNames.PARTITIONS; tag++) {
            assertThat(KeyNames.slot(tag)).as(KeyNames.tag(tag)).isEqualTo(crc16(KeyNames.tag(tag)) % SLOTS);
        }
    }

    /** CRC-16/XMODEM, as in the Redis Cluster specification. */
    private static int crc16(String text) {
        int crc = 0;
        for (int i = 0; i < text.length(); i++) {
            crc ^= text.charAt(i) << 8;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }
        }
        return crc & 0xffff;
    }

    @Test
    void tags_areStable() {
        // Nodes of two versions with different tags would not receive each other's messages.
        assertThat(KeyNames.tag(0)).isEqualTo("p00-326");
        assertThat(KeyNames.tag(63)).isEqualTo("p63-367");
        assertThat(KeyNames.tag(KeyNames.partition("chat:lobby"))).isEqualTo("p08-52");
        Set<String> tags = new HashSet<>();
        for (int tag = 0; tag < KeyNames.PARTITIONS; tag++) {
            tags.add(KeyNames.tag(tag));
        }
        assertThat(tags).hasSize(KeyNames.PARTITIONS);
    }

    @Test
    void channels_areSpreadEvenly() {
        int[] channels = new int[KeyNames.PARTITIONS];
        for (int i = 0; i < 64_000; i++) {
            channels[KeyNames.partition("chat:" + i)]++;
        }
        for (int count : channels) {
            assertThat(count).isBetween(800, 1200);
        }
    }
}
