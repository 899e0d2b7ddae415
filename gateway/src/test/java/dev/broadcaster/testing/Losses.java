package dev.broadcaster.testing;

import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Subscription;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.Function;

/**
 * Compares the messages that one subscription missed with the holes in its {@code seq}.
 *
 * <p>Gap g is the place before frame g; the last gap is the one after all frames. A missing message belongs to one of
 * the gaps of an interval: after the last frame that was certainly before it, before the first that was certainly after
 * it, according to its publisher's order and the clock. The algorithm gives each missing message a number that
 * {@code seq} skipped, earliest deadline first, which is the maximum (intervals on a line), so a remaining message or
 * number proves a broken promise.
 *
 * @param inHoles accepted messages that are missing and inside a hole
 * @param silent accepted messages that are missing without a possible hole
 * @param withoutLoss holes larger than the loss there
 */
record Losses(long inHoles, List<Published> silent, List<String> withoutLoss) {
    /**
     * The time that a node may need to detect a loss (P8). A subscription that was made meanwhile cannot be told which
     * part of it was earlier, so its first hole may be too large.
     */
    private static final long DETECTION_NANOS = 15_000_000_000L;

    private record Missing(Published publish, int from, int to, boolean required) {}

    static Losses of(
            Subscription subscription,
            List<Received> frames,
            Collection<Published> publishes,
            HoleRule rule,
            Function<Received, Outcome> outcomes) {
        long[] sizes = gaps(frames);
        List<Missing> missing = missing(subscription, frames, publishes, outcomes);
        long[] room = sizes.clone();
        room[frames.size()] = subscription.hasEnded() ? Long.MAX_VALUE : 0;
        long[] exact = sizes.clone(); // the holes that must not be larger than the loss
        for (int gap = 0; gap < frames.size(); gap++) {
            long from = gap == 0 ? subscription.live : frames.get(gap - 1).at();
            if (sizes[gap] > 0
                    && rule.between(subscription.channel, from, frames.get(gap).at()) == Checker.Holes.AT_LEAST_ONE) {
                room[gap] = Long.MAX_VALUE;
                exact[gap] = 0;
            }
        }
        List<Published> silent = new ArrayList<>();
        long[] taken = assign(missing.stream().filter(Missing::required).toList(), room, silent);
        long inHoles = 0;
        for (int gap = 0; gap < frames.size(); gap++) {
            inHoles += taken[gap];
        }
        List<String> withoutLoss = new ArrayList<>();
        long[] explained = assign(missing, exact, new ArrayList<>());
        for (int gap = 0; gap < frames.size(); gap++) {
            if (explained[gap] < exact[gap]) {
                withoutLoss.add("a hole of " + exact[gap] + ", at most " + explained[gap]
                        + " messages are missing, before " + frames.get(gap));
            }
        }
        return new Losses(inHoles, silent, withoutLoss);
    }

    /** The size of the hole before each frame; 0 after the last. */
    private static long[] gaps(List<Received> frames) {
        long[] sizes = new long[frames.size() + 1];
        long last = 0;
        for (int i = 0; i < frames.size(); i++) {
            sizes[i] = frames.get(i).seq() - last - 1;
            last = frames.get(i).seq();
        }
        return sizes;
    }

    private static List<Missing> missing(
            Subscription subscription,
            List<Received> frames,
            Collection<Published> publishes,
            Function<Received, Outcome> outcomes) {
        Set<String> got = new HashSet<>();
        Map<String, int[]> ofPublisher = new HashMap<>(); // frame indexes of its accepted messages, in order
        Map<String, List<Integer>> gathered = new HashMap<>();
        long[] latestSent = new long[frames.size()];
        Map<String, Long> sent = new HashMap<>();
        for (Published publish : publishes) {
            sent.put(publish.publisher() + " " + publish.number(), publish.sent());
        }
        for (int i = 0; i < frames.size(); i++) {
            Received frame = frames.get(i);
            String key = frame.publisher() + " " + frame.number();
            got.add(key);
            if (outcomes.apply(frame) == Outcome.ACCEPTED) {
                gathered.computeIfAbsent(frame.publisher(), publisher -> new ArrayList<>())
                        .add(i);
            }
            long itsSent = sent.getOrDefault(key, Long.MIN_VALUE);
            latestSent[i] = i == 0 ? itsSent : Math.max(latestSent[i - 1], itsSent);
        }
        gathered.forEach((publisher, indexes) ->
                ofPublisher.put(publisher, indexes.stream().mapToInt(i -> i).toArray()));

        List<Missing> missing = new ArrayList<>();
        for (Published publish : publishes) {
            if (publish.outcome() == Outcome.NOT_PUBLISHED
                    || got.contains(publish.publisher() + " " + publish.number())) {
                continue;
            }
            boolean accepted = publish.outcome() == Outcome.ACCEPTED;
            if (accepted && publish.answered() < subscription.requested - DETECTION_NANOS) {
                continue; // long before
            }
            int from = receivedBefore(frames, publish.sent());
            int to = frames.size();
            if (accepted) {
                int[] indexes = ofPublisher.getOrDefault(publish.publisher(), new int[0]);
                int later = firstLater(frames, indexes, publish.number());
                from = Math.max(from, later == 0 ? 0 : indexes[later - 1] + 1);
                to = Math.min(
                        later == indexes.length ? frames.size() : indexes[later],
                        sentAfter(latestSent, publish.answered()));
            }
            missing.add(new Missing(publish, Math.min(from, to), to, accepted && publish.sent() >= subscription.live));
        }
        return missing;
    }

    /** The number of frames that had been received before {@code nanos}. */
    private static int receivedBefore(List<Received> frames, long nanos) {
        int low = 0;
        int high = frames.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (frames.get(middle).at() < nanos) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first frame that was sent after {@code nanos}. */
    private static int sentAfter(long[] latestSent, long nanos) {
        int low = 0;
        int high = latestSent.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (latestSent[middle] <= nanos) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first of a publisher's frames with a number above {@code number}. */
    private static int firstLater(List<Received> frames, int[] indexes, long number) {
        int low = 0;
        int high = indexes.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (frames.get(indexes[middle]).number() < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Puts as many as possible into the gaps; adds the others to {@code left}. Returns the number in each gap. */
    private static long[] assign(List<Missing> missing, long[] room, List<Published> left) {
        List<Missing> byStart = new ArrayList<>(missing);
        byStart.sort(Comparator.comparingInt(Missing::from));
        PriorityQueue<Missing> waiting = new PriorityQueue<>(Comparator.comparingInt(Missing::to));
        long[] taken = new long[room.length];
        int next = 0;
        for (int gap = 0; gap < room.length; gap++) {
            while (next < byStart.size() && byStart.get(next).from() <= gap) {
                waiting.add(byStart.get(next++));
            }
            while (!waiting.isEmpty() && taken[gap] < room[gap]) {
                waiting.remove();
                taken[gap]++;
            }
            while (!waiting.isEmpty() && waiting.element().to() <= gap) {
                left.add(waiting.remove().publish());
            }
        }
        return taken;
    }
}
