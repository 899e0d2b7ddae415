package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CpuPressureTest {
    @Test
    void readsWhatTheKernelWrites() {
        assertThat(CpuPressure.stalledMicros("""
                some avg10=1.32 avg60=44.38 avg300=75.56 total=2300698671
                full avg10=0.00 avg60=0.00 avg300=0.00 total=7
                """)).isEqualTo(2_300_698_671L);
        assertThat(CpuPressure.stalledMicros("")).isZero();
    }

    @Test
    void takesOffHalfOfTheStall_neverMore() {
        assertThat(CpuPressure.fair(1.5, 0)).isEqualTo(1.5);
        assertThat(CpuPressure.fair(1.5, 1)).isEqualTo(1);
        assertThat(CpuPressure.fair(1.5, 9)).isEqualTo(0.75);
        assertThat(CpuPressure.fair(1.5, -9)).isEqualTo(1.5);
    }
}
