package dev.broadcaster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.relay.HistoryConfig;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReceivedChannelsTest {
    private static final HistoryConfig.Rule RULE = new HistoryConfig.Rule("kept:", 10, Duration.ofMinutes(1));

    private final KeyNames names = new KeyNames("prefix", 3);
    private final ReceivedChannels channels = new ReceivedChannels(names, new HistoryConfig(List.of(RULE)));

    @Test
    void aChannel_isKnownByItsNameAndItsTopic_andKnowsItsPartAndItsRule() {
        ReceivedChannel kept = channels.know("kept:a");
        ReceivedChannel other = channels.know("a");

        assertThat(kept.tag).isEqualTo(HashTags.of("kept:a"));
        assertThat(kept.topic).isEqualTo(names.topic(kept.tag, "kept:a"));
        assertThat(kept.rule).isEqualTo(RULE);
        assertThat(other.rule).isNull();
        assertThat(channels.named("kept:a")).isSameAs(kept);
        assertThat(channels.ofTopic(kept.topic)).isSameAs(kept);
        assertThat(channels.ofTopic("a")).isNull();
        assertThat(channels.all()).containsExactlyInAnyOrder(kept, other);
    }

    @Test
    void aChannel_isTheSame_untilItIsForgotten() {
        ReceivedChannel a = channels.know("a");
        assertThat(channels.know("a")).isSameAs(a);

        channels.forget(a);
        assertThat(channels.named("a")).isNull();
        assertThat(channels.ofTopic(a.topic)).isNull();
        assertThat(channels.all()).isEmpty();
        assertThat(channels.know("a")).isNotSameAs(a);
    }
}
