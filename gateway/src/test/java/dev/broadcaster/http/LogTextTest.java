package dev.broadcaster.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogTextTest {
    private static final String SMILE = "\ud83d\ude00"; // two chars

    @Test
    void longText_isCut_andNoCharacterIsCutInHalf() {
        assertThat(LogText.of("x".repeat(128))).isEqualTo("x".repeat(128));
        assertThat(LogText.of("x".repeat(129))).isEqualTo("x".repeat(128) + "…");
        assertThat(LogText.of("x".repeat(127) + SMILE)).isEqualTo("x".repeat(127) + "…");
        assertThat(LogText.of("x".repeat(126) + SMILE)).isEqualTo("x".repeat(126) + SMILE);
        assertThat(LogText.of(SMILE.repeat(65))).isEqualTo(SMILE.repeat(64) + "…");
    }

    @Test
    void text_isOneLine() {
        assertThat(LogText.of("a\r\nb\u2028c\u0085")).isEqualTo("a??b?c?");
    }
}
