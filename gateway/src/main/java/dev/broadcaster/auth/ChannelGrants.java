package dev.broadcaster.auth;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The channels that a token authorizes (PROTOCOL.md section 5): names, `prefix:*` for all below a prefix, `*` for all.
 * Immutable; any thread may call.
 *
 * <p>Two sorted arrays instead of hash sets: a node holds one of these a connection, most with one or two entries, and
 * a lookup in thousands is still a dozen comparisons without an allocation.
 */
public final class ChannelGrants {

    private static final String[] NONE = {};
    private static final ChannelGrants ALL = new ChannelGrants(NONE, new String[] {""});

    private final String[] names;
    /** With the last colon, and none the beginning of another: so at most one can fit a channel, the floor of its name. */
    private final String[] prefixes;

    private ChannelGrants(String[] names, String[] prefixes) {
        this.names = names;
        this.prefixes = prefixes;
    }

    /** An entry that is no channel name, prefix or `*` is kept, and covers nothing. */
    public static ChannelGrants of(Collection<String> entries) {
        if (entries.contains("*")) {
            return ALL;
        }
        String[] names = entries.stream()
                .filter(entry -> !isPrefix(entry))
                .sorted()
                .distinct()
                .toArray(String[]::new);
        List<String> prefixes = new ArrayList<>(0);
        entries.stream()
                .filter(ChannelGrants::isPrefix)
                .map(entry -> entry.substring(0, entry.length() - 1))
                .sorted()
                .filter(prefix -> prefixes.isEmpty() || !prefix.startsWith(prefixes.get(prefixes.size() - 1)))
                .forEachOrdered(prefixes::add);
        return new ChannelGrants(
                names.length == 0 ? NONE : names, prefixes.isEmpty() ? NONE : prefixes.toArray(String[]::new));
    }

    private static boolean isPrefix(String entry) {
        return entry.endsWith(":*");
    }

    /** Whether a channel, whose name is well formed, is authorized. */
    public boolean covers(String channel) {
        if (Arrays.binarySearch(names, channel) >= 0) {
            return true;
        }
        // Not found: -(insertion point) - 1, and the floor stands before it. Found: a name that ends with a colon,
        // which
        // no channel has, and below zero here.
        int floor = -Arrays.binarySearch(prefixes, channel) - 2;
        return floor >= 0 && channel.startsWith(prefixes[floor]);
    }
}
