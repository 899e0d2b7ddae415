package dev.broadcaster.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Publication;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PublishLimitsTest {
    private static final byte[] JSON = "1".getBytes(UTF_8);
    private static final HistoryConfig HISTORY =
            new HistoryConfig(List.of(new HistoryConfig.Rule("kept:", 5, Duration.ofMinutes(10))));

    private final FakeTime time = new FakeTime();
    private final Metrics metrics = new Metrics();

    @AfterEach
    void close() {
        metrics.close();
    }

    private PublishLimits limits(int maxPublishRate, int maxNewChannelRate) {
        return new PublishLimits(new PublishConfig(maxPublishRate, maxNewChannelRate), HISTORY, time, 42, metrics);
    }

    private static boolean publish(PublishLimits limits, long publisher, String channel) {
        return limits.takeNames(publisher, new Publication(channel, JSON, JSON, null));
    }

    /** The number of 100,000 messages that pass at this moment. */
    private static int messages(PublishLimits limits, long publisher) {
        int passed = 0;
        while (passed < 100_000 && limits.takeMessages(publisher, 1)) {
            passed++;
        }
        return passed;
    }

    /** The number of 100,000 new channels that pass at this moment. */
    private static int channels(PublishLimits limits, long publisher, String prefix) {
        int passed = 0;
        while (passed < 100_000 && publish(limits, publisher, prefix + passed)) {
            passed++;
        }
        return passed;
    }

    @Test
    void messages_areLimitedToTheRateAndABurstOfTwoSeconds() {
        PublishLimits limits = limits(100, 0);
        long publisher = limits.key(0);

        assertThat(messages(limits, publisher)).isEqualTo(200);
        time.advance(Duration.ofMillis(500));
        assertThat(messages(limits, publisher)).isEqualTo(50);
        assertThat(messages(limits, limits.key(1))).as("another key").isEqualTo(200);
        assertThat(messages(limits, limits.user("0"))).as("a user").isEqualTo(200);
        assertThat(metrics.scrape()).contains("broadcaster_refusals_total{reason=\"publish_rate\"} 4.0");
    }

    @Test
    void largeBatch_passes_andLaterPublishesWait() {
        PublishLimits limits = limits(100, 0);
        long publisher = limits.user("alice");

        assertThat(limits.takeMessages(publisher, 1_000)).isTrue();
        time.advance(Duration.ofSeconds(7));
        assertThat(limits.takeMessages(publisher, 1)).isFalse();
        assertThat(limits.secondsUntilMessages(publisher)).isEqualTo(2);
        time.advance(Duration.ofSeconds(2));
        assertThat(limits.secondsUntilMessages(publisher)).as("at least").isEqualTo(1);
        assertThat(messages(limits, publisher)).isEqualTo(100);
    }

    @Test
    void zero_isNoLimit() {
        PublishLimits limits = limits(0, 0);

        assertThat(messages(limits, limits.key(0))).isEqualTo(100_000);
        assertThat(channels(limits, limits.key(0), "a")).isEqualTo(100_000);
    }

    @Test
    void newChannels_areLimitedToTheRateAndABurstOfAMinute_knownOnesAreNot() {
        PublishLimits limits = limits(0, 10);
        long publisher = limits.key(0);

        int passed = channels(limits, publisher, "a");
        assertThat(passed).as("few are taken for known ones").isBetween(600, 605);
        assertThat(publish(limits, publisher, "a1")).as("known").isTrue();
        assertThat(publish(limits, publisher, "kept:new")).isFalse();
        assertThat(publish(limits, publisher, "kept:new"))
                .as("what was refused is no known channel")
                .isFalse();
        assertThat(limits.takePosition(publisher, "kept:new")).isFalse();
        assertThat(limits.takePosition(publisher, "new"))
                .as("without a history there is no counter")
                .isTrue();
        assertThat(publish(limits, limits.user("alice"), "b"))
                .as("another publisher")
                .isTrue();
        assertThat(publish(limits, publisher, "b"))
                .as("known, as another has published there")
                .isTrue();
        time.advance(Duration.ofSeconds(1));
        assertThat(channels(limits, publisher, "c")).isBetween(10, 12);
        assertThat(metrics.scrape()).contains("broadcaster_channels_new_total 61");
    }

    @Test
    void channels_areKnownForHalfAnHourAtLeast_andAnHourAtMost() {
        PublishLimits limits = limits(0, 1);
        long publisher = limits.key(0);
        assertThat(channels(limits, publisher, "a")).isGreaterThanOrEqualTo(60);
        for (int i = 0; i < 29; i++) {
            time.advance(Duration.ofMinutes(1));
            assertThat(channels(limits, publisher, "b" + i)).isGreaterThanOrEqualTo(60);
        }
        assertThat(publish(limits, publisher, "a0")).as("after 29 minutes").isTrue();
        for (int i = 0; i < 29; i++) {
            time.advance(Duration.ofMinutes(1));
            assertThat(channels(limits, publisher, "c" + i)).isGreaterThanOrEqualTo(60);
        }
        assertThat(publish(limits, publisher, "a0")).as("used 29 minutes ago").isTrue();
        assertThat(publish(limits, publisher, "b50")).as("used 53 minutes ago").isTrue();
        time.advance(Duration.ofMinutes(61));
        assertThat(channels(limits, publisher, "d")).isGreaterThanOrEqualTo(60);

        assertThat(publish(limits, publisher, "a0")).isFalse();
        assertThat(publish(limits, publisher, "c280")).isFalse();
    }

    @Test
    void idempotencyKeys_areCounted() {
        PublishLimits limits = limits(0, 0);
        limits.takeNames(limits.key(0), new Publication("a", JSON, JSON, "key"));
        limits.takeNames(limits.key(0), new Publication("a", JSON, JSON, "other"));
        limits.takeNames(limits.key(0), new Publication("a", JSON, JSON, null));

        assertThat(metrics.scrape()).contains("broadcaster_idempotency_keys_total 2.0");
    }

    /** A few publishers at their limit, with one slot of 8,192 each in two rows, do not limit others. */
    @Test
    void otherPublishers_areNotLimited_whenSomeUseUpTheirRates() {
        PublishLimits limits = limits(10, 0);
        for (int i = 0; i < 50; i++) {
            messages(limits, limits.user("heavy" + i));
        }
        int limited = 0;
        for (int i = 0; i < 10_000; i++) {
            limited += messages(limits, limits.user("light" + i)) == 0 ? 1 : 0;
        }

        assertThat(limited).as("of 10,000 that all publish at one moment").isLessThan(2_500);
    }

    @Test
    void filter_dropsTheOldest_whenItIsFull() {
        SeenChannels seen = new SeenChannels(1_000); // 1,024
        for (int i = 0; i < 10_000; i++) {
            long channel = spread(i);
            seen.refresh(channel, 0);
            seen.add(channel, 0);
            assertThat(seen.refresh(channel, 0)).isTrue();
        }
        int known = 0;
        for (int i = 0; i < 7_000; i++) {
            known += seen.refresh(spread(i), 0) ? 1 : 0;
        }

        assertThat(known).as("taken for known by chance").isLessThan(700);
        assertThat(seen.refresh(spread(9_999), 0)).isTrue();
    }

    private static long spread(long number) {
        return number * 0x9e3779b97f4a7c15L;
    }
}
