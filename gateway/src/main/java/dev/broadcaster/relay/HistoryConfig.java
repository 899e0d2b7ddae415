package dev.broadcaster.relay;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which channels keep their last messages (PROTOCOL section 9). Where several rules fit, the one with the longest prefix
 * holds.
 *
 * @param rules the longest prefix first
 */
public record HistoryConfig(List<Rule> rules) {
    /** No channel keeps anything. */
    public static final HistoryConfig NONE = new HistoryConfig(List.of());

    /**
     * What the channels with one prefix keep.
     *
     * @param prefix what their names begin with; empty for every channel
     * @param size how many messages at most
     * @param ttl how long a message at most
     */
    public record Rule(String prefix, int size, Duration ttl) {
        private static final Duration MIN_LIFETIME = Duration.ofHours(1);

        /** How long a channel keeps its counter after the last message: longer than it keeps any message. */
        public Duration counterLifetime() {
            Duration lifetime = ttl.plus(MIN_LIFETIME.dividedBy(2));
            return lifetime.compareTo(MIN_LIFETIME) > 0 ? lifetime : MIN_LIFETIME;
        }
    }

    public HistoryConfig {
        rules = rules.stream()
                .sorted(Comparator.comparingInt((Rule rule) -> rule.prefix.length())
                        .reversed())
                .toList();
    }

    /** What {@code channel} keeps, or null if it keeps nothing. */
    public @Nullable Rule of(String channel) {
        for (Rule rule : rules) {
            if (channel.startsWith(rule.prefix)) {
                return rule;
            }
        }
        return null;
    }
}
