package dev.broadcaster.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ChannelNameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"a", "Z", "0", "_", "a:b", "a-b", "-a", "--_", "a:-:b", "chat:room-1:user_2", "A9_", "1:2:3"})
    void name_isValid(String name) {
        assertThat(ChannelName.isValid(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":a",
                "::",
                "a::b",
                "a:",
                "a-",
                "a:-",
                "-",
                " ",
                "a b",
                "a ",
                " a",
                "a\n",
                "a\u0000",
                "\u0000",
                "a*",
                "a:*",
                "*",
                "a.b",
                "a/b",
                "{a}",
                "{p07}:a",
                "a,b",
                "a|b",
                "é",
                "aé",
                "ａ",
                "a\u0301",
                "а", // Cyrillic
                "٣", // a digit, but not an allowed one
                "😀",
                "\ud800",
                "a\ud800b",
            })
    void name_isNotValid(String name) {
        assertThat(ChannelName.isValid(name)).isFalse();
    }

    @Test
    void name_isNotValid_withAnyOtherCharacterAnywhere() {
        String allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:";
        StringBuilder accepted = new StringBuilder();
        for (int c = 0; c <= Character.MAX_VALUE; c++) {
            if (ChannelName.isValid("a" + (char) c + "b")) {
                accepted.append((char) c);
            }
        }

        assertThat(accepted.chars().sorted().toArray())
                .isEqualTo(allowed.chars().sorted().toArray());
    }

    @Test
    void length_isAtMost200() {
        assertThat(ChannelName.isValid("a".repeat(200))).isTrue();
        assertThat(ChannelName.isValid("a:".repeat(99) + "ab")).isTrue();
        assertThat(ChannelName.isValid("a".repeat(201))).isFalse();
    }

    @Test
    void aLongNameIsRefused_atOnce_withoutDeepRecursion() {
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertThat(ChannelName.isValid("a:".repeat(5_000))).isFalse();
            assertThat(ChannelName.isValid("a:".repeat(5_000) + "a")).isFalse();
            assertThat(ChannelName.isValid("a".repeat(10_000_000))).isFalse();
        });
    }
}
