package dev.broadcaster.testing;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks that there is one order of all messages of a channel that is consistent with every subscriber's sequence. */
final class OneOrder {
    private static final int MOST_EXAMPLES = 4;

    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<List<Integer>> next = new ArrayList<>();
    private final List<String> ids = new ArrayList<>();

    private OneOrder() {}

    /**
     * Some messages on whose order the sequences disagree; none if there is one order. Each sequence has no repeated
     * element.
     */
    static List<String> contradiction(List<List<String>> sequences) {
        return new OneOrder().sort(sequences);
    }

    private List<String> sort(List<List<String>> sequences) {
        for (List<String> sequence : sequences) {
            int last = -1;
            for (String id : sequence) {
                int number = number(id);
                if (last >= 0) {
                    next.get(last).add(number);
                }
                last = number;
            }
        }
        int[] before = new int[ids.size()];
        next.forEach(followers -> followers.forEach(follower -> before[follower]++));
        Deque<Integer> free = new ArrayDeque<>();
        for (int number = 0; number < before.length; number++) {
            if (before[number] == 0) {
                free.add(number);
            }
        }
        int sorted = 0;
        for (Integer number = free.poll(); number != null; number = free.poll()) {
            sorted++;
            for (int follower : next.get(number)) {
                if (--before[follower] == 0) {
                    free.add(follower);
                }
            }
        }
        return sorted == before.length ? List.of() : cycle(before);
    }

    private int number(String id) {
        return numbers.computeIfAbsent(id, unknown -> {
            ids.add(unknown);
            next.add(new ArrayList<>());
            return ids.size() - 1;
        });
    }

    /** Each remaining element has a remaining predecessor: going back leads into a cycle. */
    private List<String> cycle(int[] before) {
        int[] previous = new int[before.length];
        int at = -1;
        for (int number = 0; number < before.length; number++) {
            if (before[number] > 0) {
                at = number;
                for (int follower : next.get(number)) {
                    previous[follower] = number;
                }
            }
        }
        Set<Integer> seen = new LinkedHashSet<>();
        while (seen.add(at)) {
            at = previous[at];
        }
        int start = at;
        return seen.stream()
                .dropWhile(number -> number != start)
                .limit(MOST_EXAMPLES)
                .map(ids::get)
                .toList();
    }
}
