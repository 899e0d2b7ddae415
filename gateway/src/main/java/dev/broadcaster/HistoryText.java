package dev.broadcaster;

import dev.broadcaster.relay.HistoryConfig;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Rules for histories in the form of the settings: {@code prefix=size/time}; {@code *} is the empty prefix. */
final class HistoryText {
    private static final Pattern RULE = Pattern.compile("(\\*|[A-Za-z0-9_:-]{1,200})=([0-9]{1,6})/([0-9a-z]{1,12})");
    private static final int MAX_SIZE = 100_000;
    private static final Duration MIN_TTL = Duration.ofMillis(100);
    private static final Duration MAX_TTL = Duration.ofDays(30);

    /** The expected form of a list of rules, for the message about a malformed one. */
    static final String EXPECTED = "prefix=size/time such as chat:=100/10m, each prefix once, size from 1 to "
            + MAX_SIZE + ", time from 100ms to 720h";

    private HistoryText() {}

    /** The rule, or null if {@code text} is malformed. */
    static HistoryConfig.@Nullable Rule parse(String text) {
        Matcher matcher = RULE.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        int size = Integer.parseInt(matcher.group(2));
        Duration ttl = DurationText.parse(matcher.group(3)).orElse(Duration.ZERO);
        if (size < 1 || size > MAX_SIZE || ttl.compareTo(MIN_TTL) < 0 || ttl.compareTo(MAX_TTL) > 0) {
            return null;
        }
        String prefix = matcher.group(1);
        return new HistoryConfig.Rule(prefix.equals("*") ? "" : prefix, size, ttl);
    }
}
