package dev.broadcaster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CapacityTest {
    private static final long MIB = 1 << 20;

    @Test
    void connections_areBoundedByAQuarterOfTheHeap() {
        assertThat(new Capacity(256 * MIB, Long.MAX_VALUE).connections(false)).isEqualTo(16_384);
        assertThat(new Capacity(256 * MIB, Long.MAX_VALUE).connections(true)).isEqualTo(2_730);
        assertThat(new Capacity(1L << 40, Long.MAX_VALUE).connections(false)).isEqualTo(67_108_864);
    }

    @Test
    void connections_areBoundedByDescriptors_ofWhichSomeAreLeftForOthers() {
        assertThat(new Capacity(1024 * MIB, 1_096).connections(false)).isEqualTo(800);
        assertThat(new Capacity(1024 * MIB, 20).connections(false)).isEqualTo(16);
    }

    @Test
    void thisProcess_hasRoomForConnections() {
        assertThat(Capacity.ofThisProcess().connections(false)).isGreaterThan(100);
    }
}
