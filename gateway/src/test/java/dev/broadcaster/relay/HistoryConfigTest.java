package dev.broadcaster.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HistoryConfigTest {
    private static HistoryConfig.Rule rule(String prefix, Duration ttl) {
        return new HistoryConfig.Rule(prefix, 10, ttl);
    }

    @Test
    void ruleWithTheLongestPrefix_applies_butNotToInternalChannels() {
        HistoryConfig.Rule all = rule("", Duration.ofMinutes(1));
        HistoryConfig.Rule chat = rule("chat:", Duration.ofMinutes(2));
        HistoryConfig.Rule vip = rule("chat:vip:", Duration.ofMinutes(3));
        HistoryConfig config = new HistoryConfig(List.of(all, chat, vip));

        assertThat(config.of("chat:vip:a")).isEqualTo(vip);
        assertThat(config.of("chat:a")).isEqualTo(chat);
        assertThat(config.of("a")).isEqualTo(all);
        assertThat(config.of(HistoryConfig.INTERNAL + "control")).isNull();
        assertThat(HistoryConfig.NONE.of("a")).isNull();
    }

    @Test
    void counter_livesForAnHour_andLongerThanAnyMessage() {
        assertThat(rule("", Duration.ofMinutes(1)).counterLifetime()).isEqualTo(Duration.ofHours(1));
        assertThat(rule("", Duration.ofHours(5)).counterLifetime()).isGreaterThan(Duration.ofHours(5));
    }
}
