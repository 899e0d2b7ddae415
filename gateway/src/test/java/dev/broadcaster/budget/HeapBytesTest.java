package dev.broadcaster.budget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@code KeptMemoryIT} compares the figures with a real heap; this class tests the rules. */
class HeapBytesTest {
    @Test
    void sizes_haveHeadersAndAreAligned() {
        assertThat(HeapBytes.bytes(0)).isEqualTo(16);
        assertThat(HeapBytes.bytes(1)).isEqualTo(24);
        assertThat(HeapBytes.bytes(8)).isEqualTo(24);
        assertThat(HeapBytes.bytes(60_000)).isEqualTo(60_016);
        assertThat(HeapBytes.object(0, 4)).isEqualTo(16);
        assertThat(HeapBytes.object(0, 8)).isEqualTo(24);
    }

    @Test
    void references_haveTheSizeOfThisJvm() {
        long reference = (HeapBytes.references(1_001) - HeapBytes.references(1)) / 1_000;

        assertThat(reference).isIn(4L, 8L);
        assertThat(HeapBytes.latin1("12345678")).isEqualTo(reference == 4 ? 48 : 56);
    }
}
