package dev.broadcaster.relay;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The channels that keep their last messages (PROTOCOL section 9). If several rules match a channel, the one with the
 * longest prefix applies.
 *
 * @param rules the longest prefix first
 */
public record HistoryConfig(List<Rule> rules) {
    /** The first character of the channels that nodes use among themselves. No client can name one, and none is kept. */
    public static final char INTERNAL = '\u0001';

    /** No channel keeps anything. */
    public static final HistoryConfig NONE = new HistoryConfig(List.of());

    /**
     * The limits of the histories of all channels with one prefix.
     *
     * @param prefix the prefix of their names; empty for every channel
     * @param size the largest number of messages
     * @param ttl the longest time that a message is kept
     */
    public record Rule(String prefix, int size, Duration ttl) {
        private static final Duration MIN_LIFETIME = Duration.ofHours(1);

        /** The time for which a channel keeps its counter after the last message: longer than it keeps any message. */
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

    /** The rule of {@code channel}, or null if it keeps nothing. */
    public @Nullable Rule of(String channel) {
        if (!channel.isEmpty() && channel.charAt(0) == INTERNAL) {
            return null;
        }
        for (Rule rule : rules) {
            if (channel.startsWith(rule.prefix)) {
                return rule;
            }
        }
        return null;
    }
}
