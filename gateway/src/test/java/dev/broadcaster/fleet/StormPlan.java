package dev.broadcaster.fleet;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The size of a storm.
 *
 * @param attackers the number of hostile clients of each kind
 * @param clients the number of honest subscribers
 * @param perSecond the publishes per second of the honest publishers
 * @param quietMillis the time before the storm, for comparison; before each kind if {@code each}
 * @param millis the time of the storm; of each kind if {@code each}
 * @param heap the value of {@code -Xmx} of the node
 * @param tls true if all clients use TLS
 * @param haproxy the executable of the HAProxy in front of the node; null for none
 * @param kinds the attacks
 * @param each true for one attack after the other, false for all at once
 * @param first true if node, proxy and honest clients have real-time priority and the attackers the lowest, so that
 *     latencies are those of the node; needs {@code chrt} and the right to use it
 */
record StormPlan(
        int attackers,
        int clients,
        int perSecond,
        long quietMillis,
        long millis,
        String heap,
        long seed,
        boolean tls,
        @Nullable Path haproxy,
        List<Attack> kinds,
        boolean each,
        boolean first) {
    static final String USAGE = """
            Options: --seconds 600 --quiet 20 (before the storm) --heap 256m --attackers 30 (of each kind) --clients 500
            --rate 10 (publishes per second of the honest publishers) --seed N --tls true --haproxy /usr/sbin/haproxy
            --only KIND,KIND --each true (one kind after the other, each for --seconds) --first true (real-time priority
            for all but the attackers)""";

    /**
     * Parses pairs of names and values.
     *
     * @throws IllegalArgumentException if one is unknown
     */
    static StormPlan parse(String... args) {
        Map<String, String> options = new HashMap<>();
        for (Iterator<String> i = List.of(args).iterator(); i.hasNext(); ) {
            String name = i.next();
            if (!name.startsWith("--") || !i.hasNext()) {
                throw new IllegalArgumentException(name);
            }
            options.put(name.substring(2), i.next());
        }
        boolean each = Boolean.parseBoolean(options.remove("each"));
        boolean tls = Boolean.parseBoolean(options.remove("tls"));
        String haproxy = options.remove("haproxy");
        String only = options.remove("only");
        StormPlan plan = new StormPlan(
                (int) number(options, "attackers", 30),
                (int) number(options, "clients", each ? 20 : 500),
                (int) number(options, "rate", each ? 100 : 10),
                number(options, "quiet", each ? 5 : 20) * 1_000,
                number(options, "seconds", each ? 5 : 600) * 1_000,
                options.containsKey("heap") ? options.remove("heap") : "256m",
                number(options, "seed", System.nanoTime()),
                tls,
                haproxy == null ? null : Path.of(haproxy),
                only == null ? Attack.all(tls) : kinds(only),
                each,
                Boolean.parseBoolean(options.remove("first")));
        if (!options.isEmpty()) {
            throw new IllegalArgumentException(options.toString());
        }
        return plan;
    }

    private static long number(Map<String, String> options, String name, long ifNone) {
        String value = options.remove(name);
        return value == null ? ifNone : Long.parseLong(value);
    }

    private static List<Attack> kinds(String names) {
        return Arrays.stream(names.split(","))
                .map(name -> Attack.valueOf(name.toUpperCase(Locale.ROOT)))
                .toList();
    }
}
