package dev.broadcaster.message;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * The single pass accepts exactly the names of PROTOCOL section 5. Runs the seeds in every build; `JAZZER_FUZZ=1 mvn
 * test -Dtest=ChannelNameFuzzTest` searches for more.
 */
final class ChannelNameFuzzTest {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    @FuzzTest(maxDuration = "10m")
    void isValid_isWhatTheProtocolSays(byte[] name) {
        String text = new String(name, UTF_8);

        assertThat(ChannelName.isValid(text)).as(text).isEqualTo(isValid(text));
    }

    /** Names joined by single colons, none of them empty, the last not ending with a hyphen. */
    private static boolean isValid(String text) {
        if (text.length() > 200 || text.endsWith("-")) {
            return false;
        }
        for (String part : text.split(":", -1)) {
            if (part.isEmpty() || !part.chars().allMatch(c -> c == '-' || LETTERS.indexOf(c) >= 0)) {
                return false;
            }
        }
        return true;
    }
}
