package dev.broadcaster.testing;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Seen;
import dev.broadcaster.testing.Ledger.Subscription;
import dev.broadcaster.testing.Ledger.Unbroken;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Compares the records of a test with the promises P1 to P5: ids are unique in a subscription; a publisher's accepted
 * messages arrive in its order; all subscribers of a channel see one order; {@code seq} rises; every accepted message
 * is received or inside a hole, and a hole has the size of the loss; no {@code not published} message is received.
 * {@link #checkUnbroken} checks P6 and P13 for clients that return: between a position and the last message, a client
 * whose recovery was reported complete sees every accepted message once.
 */
public final class Checker {
    /** The allowed size of a hole. */
    public enum Holes {
        /** No message may be lost. */
        NONE,
        /** Redis kept its counters: a hole has exactly the size of the loss. */
        EXACT,
        /** Redis lost its counters: a loss is a hole of at least 1. */
        AT_LEAST_ONE
    }

    /**
     * The result.
     *
     * @param violations of a promise, as text
     * @param lost accepted messages inside a hole, summed over the subscriptions
     * @param holes numbers skipped in {@code seq}, summed over the subscriptions
     * @param duplicates messages that a subscription received twice
     * @param lateUnknown messages of unknown outcome that arrived after a later message of their publisher, which is
     *     allowed
     */
    public record Verdict(
            List<String> violations,
            long accepted,
            long notPublished,
            long unknown,
            long received,
            long lost,
            long holes,
            long duplicates,
            long lateUnknown) {}

    private static final int MOST_EXAMPLES = 5;

    private record Key(String publisher, long number) {}

    private final HoleRule rule;
    private final Map<Key, Published> published = new HashMap<>();
    private final Map<String, List<Published>> byChannel = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>(); // violations of each rule
    private final List<String> violations = new ArrayList<>();
    private long received;
    private long lost;
    private long holeSum;
    private long duplicates;
    private long lateUnknown;

    private Checker(HoleRule rule) {
        this.rule = rule;
    }

    public static Verdict check(Ledger ledger, Holes holes) {
        return check(ledger, HoleRule.everywhere(holes));
    }

    public static Verdict check(Ledger ledger, HoleRule rule) {
        return new Checker(rule).run(ledger);
    }

    /** The violations in the records of clients that return; empty if there are none. */
    public static List<String> checkUnbroken(Ledger ledger, Collection<Unbroken> clients) {
        Checker checker = new Checker(HoleRule.everywhere(Holes.NONE));
        Map<String, Key> ids = new HashMap<>();
        for (Published publish : ledger.published()) {
            Key key = new Key(publish.publisher(), publish.number());
            checker.published.put(key, publish);
            if (publish.outcome() == Outcome.ACCEPTED) {
                Key other = ids.putIfAbsent(publish.channel() + ' ' + publish.id(), key);
                if (other != null) {
                    checker.violation("id twice", publish + " has the id of " + other);
                }
                checker.byChannel
                        .computeIfAbsent(publish.channel(), channel -> new ArrayList<>())
                        .add(publish);
            }
        }
        clients.forEach(checker::checkUnbroken);
        return checker.violations;
    }

    private void checkUnbroken(Unbroken client) {
        Set<HistoryId> got = new HashSet<>();
        for (Seen seen : client.seen()) {
            if (!got.add(seen.id())) {
                violation("duplicate", client.client() + " got twice: " + seen);
            }
            Published publish = published.get(new Key(seen.publisher(), seen.number()));
            if (publish == null || !publish.channel().equals(client.channel())) {
                violation("foreign", client.client() + " received a message that was not published there: " + seen);
            } else if (publish.outcome() == Outcome.NOT_PUBLISHED) {
                violation("not published", client.client() + " got what was not published: " + seen);
            } else if (publish.outcome() == Outcome.ACCEPTED
                    && !publish.id().equals(seen.id().toString())) {
                violation("id", client.client() + " got another id than the publisher, " + publish.id() + ": " + seen);
            }
        }
        for (Published publish : byChannel.getOrDefault(client.channel(), List.of())) {
            HistoryId id = Objects.requireNonNull(HistoryId.parse(publish.id()), publish.id());
            if (client.isOwed(id, publish.sent()) && !got.contains(id)) {
                violation(
                        "silent loss",
                        client.client() + " never got what came after " + client.position() + ": " + publish);
            }
        }
    }

    private Verdict run(Ledger ledger) {
        ledger.oddities().forEach(oddity -> violation("odd", oddity));
        long[] outcomes = new long[Outcome.values().length];
        for (Published publish : ledger.published()) {
            outcomes[publish.outcome().ordinal()]++;
            if (published.put(new Key(publish.publisher(), publish.number()), publish) != null) {
                violation("bench", "two publishes of one number: " + publish);
            }
            byChannel
                    .computeIfAbsent(publish.channel(), channel -> new ArrayList<>())
                    .add(publish);
        }
        Map<String, List<List<String>>> orders = new HashMap<>();
        for (Subscription subscription : ledger.subscriptions()) {
            List<Received> frames = subscription.frames();
            received += frames.size();
            orders.computeIfAbsent(subscription.channel, channel -> new ArrayList<>())
                    .add(frames.stream().map(Received::id).toList());
            checkIdentity(subscription, frames);
            checkPublisherOrder(subscription, frames);
            if (checkSeq(subscription, frames)) {
                checkLosses(subscription, frames);
            }
        }
        orders.forEach((channel, sequences) -> {
            List<String> cycle = OneOrder.contradiction(sequences);
            if (!cycle.isEmpty()) {
                violation("one order", channel + ": subscribers disagree on the order of " + cycle);
            }
        });
        counts.forEach((rule, count) -> {
            if (count > MOST_EXAMPLES) {
                violations.add(rule + ": " + count + " in all");
            }
        });
        return new Verdict(
                violations,
                outcomes[Outcome.ACCEPTED.ordinal()],
                outcomes[Outcome.NOT_PUBLISHED.ordinal()],
                outcomes[Outcome.UNKNOWN.ordinal()],
                received,
                lost,
                holeSum,
                duplicates,
                lateUnknown);
    }

    private void checkIdentity(Subscription subscription, List<Received> frames) {
        Set<String> ids = new HashSet<>();
        Set<Key> keys = new HashSet<>();
        for (Received frame : frames) {
            Key key = new Key(frame.publisher(), frame.number());
            boolean newId = ids.add(frame.id());
            boolean newKey = keys.add(key);
            if (!newId || !newKey) {
                duplicates++;
                violation("duplicate", subscription + " got twice: " + frame);
            }
            Published publish = published.get(key);
            if (publish == null || !publish.channel().equals(subscription.channel)) {
                violation("foreign", subscription + " received a message that was not published there: " + frame);
            } else if (publish.outcome() == Outcome.NOT_PUBLISHED) {
                violation("not published", subscription + " got what was not published: " + frame);
            } else if (publish.outcome() == Outcome.ACCEPTED && !publish.id().equals(frame.id())) {
                violation("id", subscription + " got another id than the publisher, " + publish.id() + ": " + frame);
            }
        }
    }

    private void checkPublisherOrder(Subscription subscription, List<Received> frames) {
        Map<String, Long> lastAccepted = new HashMap<>();
        for (Received frame : frames) {
            long last = lastAccepted.getOrDefault(frame.publisher(), Long.MIN_VALUE);
            boolean accepted = outcome(frame) == Outcome.ACCEPTED;
            if (frame.number() < last) {
                if (accepted) {
                    violation("publisher's order", subscription + " got after number " + last + ": " + frame);
                } else {
                    lateUnknown++;
                }
            } else if (accepted) {
                lastAccepted.put(frame.publisher(), frame.number());
            }
        }
    }

    /** True if {@code seq} is plausible, so that holes have a size. */
    private boolean checkSeq(Subscription subscription, List<Received> frames) {
        long last = 0;
        long lastAt = subscription.live;
        for (Received frame : frames) {
            if (frame.seq() <= last) {
                violation("seq", subscription + " got seq after " + last + ": " + frame);
                return false;
            }
            if (frame.seq() > last + 1 && rule.between(subscription.channel, lastAt, frame.at()) == Holes.NONE) {
                violation("hole", subscription + " has a hole after seq " + last + " before " + frame);
            }
            last = frame.seq();
            lastAt = frame.at();
        }
        holeSum += last - frames.size();
        return true;
    }

    private void checkLosses(Subscription subscription, List<Received> frames) {
        Collection<Published> publishes = byChannel.getOrDefault(subscription.channel, List.of());
        Losses losses = Losses.of(subscription, frames, publishes, rule, this::outcome);
        lost += losses.inHoles();
        for (Published silent : losses.silent()) {
            violation("silent loss", subscription + " never got, without a hole: " + silent);
        }
        for (String hole : losses.withoutLoss()) {
            violation("hole without a loss", subscription + ": " + hole);
        }
    }

    private Outcome outcome(Received frame) {
        Published publish = published.get(new Key(frame.publisher(), frame.number()));
        return publish == null ? Outcome.UNKNOWN : publish.outcome();
    }

    private void violation(String rule, String text) {
        if (counts.merge(rule, 1, Integer::sum) <= MOST_EXAMPLES) {
            violations.add(rule + ": " + text);
        }
    }
}
