package dev.broadcaster.auth;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The channels that a token authorizes (PROTOCOL.md section 5): names, `prefix:*` for all below a prefix, `*` for all.
 * Immutable; safe from any thread.
 *
 * <p>Two sorted arrays instead of hash sets: a node holds one of these per connection, most with one or two entries,
 * and a lookup in thousands of entries takes a dozen comparisons without an allocation.
 */
public final class ChannelGrants {

    private static final String[] NONE = {};
    /** No channel. */
    public static final ChannelGrants NOTHING = new ChannelGrants(NONE, NONE);

    private static final ChannelGrants ALL = new ChannelGrants(NONE, new String[] {""});

    private final String[] names;
    /** With the last colon, and none a prefix of another: so at most one can match a channel, the floor of its name. */
    private final String[] prefixes;

    private ChannelGrants(String[] names, String[] prefixes) {
        this.names = names;
        this.prefixes = prefixes;
    }

    /** An entry that is not a channel name, prefix or `*` is kept and matches nothing. */
    public static ChannelGrants of(Collection<String> entries) {
        if (entries.isEmpty()) {
            return NOTHING;
        }
        if (entries.contains("*")) {
            return ALL;
        }
        List<String> names = new ArrayList<>(entries.size());
        List<String> prefixes = new ArrayList<>(0);
        for (String entry : entries) {
            if (isPrefix(entry)) {
                prefixes.add(entry.substring(0, entry.length() - 1));
            } else {
                names.add(entry);
            }
        }
        return new ChannelGrants(sorted(names), outermost(sorted(prefixes)));
    }

    private static String[] sorted(List<String> entries) {
        String[] sorted = entries.toArray(NONE);
        Arrays.sort(sorted);
        return sorted;
    }

    private static String[] outermost(String[] sortedPrefixes) {
        int kept = 0;
        for (String prefix : sortedPrefixes) {
            if (kept == 0 || !prefix.startsWith(sortedPrefixes[kept - 1])) {
                sortedPrefixes[kept++] = prefix;
            }
        }
        return kept == sortedPrefixes.length ? sortedPrefixes : Arrays.copyOf(sortedPrefixes, kept);
    }

    private static boolean isPrefix(String entry) {
        return entry.endsWith(":*");
    }

    /** The names and prefixes, as in a token. */
    List<String> entries() {
        List<String> entries = new ArrayList<>(List.of(names));
        for (String prefix : prefixes) {
            entries.add(prefix + "*");
        }
        return entries;
    }

    /** The number of names and prefixes. */
    int size() {
        return names.length + prefixes.length;
    }

    /** True if a channel, whose name is valid, is authorized. */
    public boolean covers(String channel) {
        if (Arrays.binarySearch(names, channel) >= 0) {
            return true;
        }
        // Not found: -(insertion point) - 1, and the floor is before it. Found: a name that ends with a colon, which no
        // channel has; the result here is below zero.
        int floor = -Arrays.binarySearch(prefixes, channel) - 2;
        return floor >= 0 && channel.startsWith(prefixes[floor]);
    }

    /** True if the entries are the same, so that the same channels are authorized. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other == this
                || (other instanceof ChannelGrants that
                        && Arrays.equals(names, that.names)
                        && Arrays.equals(prefixes, that.prefixes));
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(names) + Arrays.hashCode(prefixes);
    }
}
