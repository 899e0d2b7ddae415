package dev.broadcaster.redis.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class HashTagsTest {
    private static final int SLOTS = 16384;

    @Test
    void partitions_haveEvenlySpreadSlots() {
        for (int tag = 0; tag < HashTags.COUNT; tag++) {
            assertThat(HashTags.slot(tag) * HashTags.COUNT / SLOTS).isEqualTo(tag);
        }
    }

    @Test
    void slots_areThoseOfTheTexts() {
        for (int tag = 0; tag < HashTags.COUNT; tag++) {
            assertThat(HashTags.slot(tag)).as(HashTags.text(tag)).isEqualTo(crc16(HashTags.text(tag)) % SLOTS);
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
    void texts_areStable() {
        // Nodes of two versions with different tags would not receive each other's messages.
        assertThat(HashTags.text(0)).isEqualTo("p00-326");
        assertThat(HashTags.text(63)).isEqualTo("p63-367");
        assertThat(HashTags.text(HashTags.of("chat:lobby"))).isEqualTo("p08-52");
        Set<String> texts = new HashSet<>();
        for (int tag = 0; tag < HashTags.COUNT; tag++) {
            texts.add(HashTags.text(tag));
        }
        assertThat(texts).hasSize(HashTags.COUNT);
    }

    @Test
    void channels_areSpreadEvenly() {
        int[] channels = new int[HashTags.COUNT];
        for (int i = 0; i < 64_000; i++) {
            channels[HashTags.of("chat:" + i)]++;
        }
        for (int count : channels) {
            assertThat(count).isBetween(800, 1200);
        }
    }
}
