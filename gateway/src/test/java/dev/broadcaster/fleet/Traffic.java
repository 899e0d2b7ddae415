package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.Checker;
import dev.broadcaster.testing.Checker.Holes;
import dev.broadcaster.testing.Checker.Verdict;
import dev.broadcaster.testing.HoleRule;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Ledger.Received;
import dev.broadcaster.testing.Ledger.Subscription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Publishers and subscribers at all nodes of a fleet, while a test causes faults; {@link #finish} compares everything
 * with the promises. For one thread.
 */
final class Traffic implements AutoCloseable {
    /** The time after the healing in which every channel is live again on every node. */
    static final Duration RECOVERY_LIMIT = Duration.ofSeconds(15);

    /** A publish that cannot succeed is refused in less than this time. */
    static final double REFUSAL_MILLIS = 50;

    private static final double MOST_REFUSAL_MILLIS = 500;

    private static final Path REPORT = Path.of("target", "faults.txt");
    private static final int FRESH = 200;
    private static final Duration POLL = Duration.ofMillis(5);

    /** The amount of traffic: the rate is of all publishers together. */
    record Plan(int publishers, int subscribers, int channels, int perSecond, long seed) {
        static final Plan USUAL = new Plan(4, 3, 8, 400, seedOfNow());

        static long seedOfNow() {
            return Long.getLong("faults.seed", System.nanoTime());
        }
    }

    private final TrafficTarget target;
    private final Plan plan;
    private final Ledger ledger = new Ledger();
    private final List<String> channels;
    private final List<LoadPublisher> publishers = new ArrayList<>();
    private final List<LoadSubscriber> subscribers = new ArrayList<>();
    private final LoadPublisher prober;
    private double recoveredSeconds;
    private boolean finished;

    private Traffic(TrafficTarget target, Plan plan) {
        this.target = target;
        this.plan = plan;
        this.channels =
                IntStream.range(0, plan.channels).mapToObj(i -> "fault:" + i).toList();
        for (int i = 0; i < plan.subscribers; i++) {
            subscribers.add(new LoadSubscriber(target, ledger, "s" + i, i, channels));
        }
        long interval = 1_000_000_000L * plan.publishers / plan.perSecond;
        for (int i = 0; i < plan.publishers; i++) {
            publishers.add(new LoadPublisher(target, ledger, "p" + i, i, channels, interval, plan.seed + i));
        }
        this.prober = new LoadPublisher(target, ledger, "prober", 0, channels, 0, plan.seed);
    }

    static Traffic start(TrafficTarget target) {
        return start(target, Plan.USUAL);
    }

    /** Returns when every publisher publishes and every subscriber receives on every channel. */
    static Traffic start(TrafficTarget target, Plan plan) {
        Traffic traffic = new Traffic(target, plan);
        try {
            traffic.subscribers.forEach(LoadSubscriber::start);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> traffic.subscribers.stream()
                            .allMatch(subscriber -> subscriber.live().size() == plan.channels));
            traffic.publishers.forEach(LoadPublisher::start);
            traffic.awaitFlow();
            return traffic;
        } catch (RuntimeException | Error e) {
            traffic.close();
            throw e;
        }
    }

    Ledger ledger() {
        return ledger;
    }

    List<String> channels() {
        return channels;
    }

    List<LoadSubscriber> subscribers() {
        return subscribers;
    }

    /**
     * Waits until every subscriber gets all new messages on every channel, and every node in service accepts publishes
     * on every channel; returns the seconds that this took.
     */
    double awaitFlow() {
        return awaitFlow(Duration.ofSeconds(30));
    }

    double awaitFlow(Duration limit) {
        long from = System.nanoTime();
        await("every channel at every subscriber")
                .atMost(limit)
                .pollInterval(POLL)
                .until(() -> hasFlowSince(from));
        await("every node accepts publishes").atMost(limit).pollInterval(POLL).until(prober::isAcceptedEverywhere);
        return (System.nanoTime() - from) / 1e9;
    }

    private boolean hasFlowSince(long nanos) {
        return subscribers.stream().allMatch(subscriber -> subscriber.hasFlowSince(nanos));
    }

    /** Lets the traffic run for this time. */
    void flow(long millis) {
        LockSupport.parkNanos(millis * 1_000_000);
    }

    /** Call when the fault is over: waits until everything works and stores the time that this took. */
    double healed() {
        recoveredSeconds = Math.max(recoveredSeconds, awaitFlow(RECOVERY_LIMIT));
        return recoveredSeconds;
    }

    /** The publishes that were not accepted on other channels than {@code touched}. */
    List<Ledger.Published> refusedOutside(Set<String> touched) {
        return ledger.published().stream()
                .filter(publish -> publish.outcome() != Ledger.Outcome.ACCEPTED)
                .filter(publish -> !touched.contains(publish.channel()))
                .toList();
    }

    /** A response to a publish that was not accepted, for a failed test; empty if there was none. */
    String refusal() {
        return publishers.stream()
                .map(LoadPublisher::refusal)
                .filter(refusal -> !refusal.isEmpty())
                .findFirst()
                .orElse("");
    }

    /** Asserts that no publish that was sent and answered in an interval was accepted. */
    void assertNoneAccepted(long fromNanos, long untilNanos) {
        assertThat(ledger.published().stream()
                        .filter(publish -> publish.sent() >= fromNanos && publish.answered() <= untilNanos)
                        .filter(publish -> publish.outcome() == Ledger.Outcome.ACCEPTED))
                .as("accepted publishes")
                .isEmpty();
    }

    /**
     * Asserts that each publish in an interval was refused, and 99 of 100 at once: a busy machine stops all processes
     * for longer now and then.
     */
    void assertRefusedAtOnce(long fromNanos, long untilNanos) {
        List<Published> sent = ledger.published().stream()
                .filter(publish -> publish.sent() >= fromNanos && publish.answered() <= untilNanos)
                .toList();
        assertThat(sent).as("publishes").isNotEmpty();
        assertThat(sent.stream().filter(publish -> publish.outcome() != Ledger.Outcome.NOT_PUBLISHED))
                .as("publishes that were not refused")
                .isEmpty();
        double[] millis = sent.stream()
                .mapToDouble(publish -> (publish.answered() - publish.sent()) / 1e6)
                .sorted()
                .toArray();
        System.out.printf(
                Locale.ROOT,
                "%d publishes refused: median %.2f ms, 99 %% in %.2f ms, all in %.2f ms%n",
                millis.length,
                millis[millis.length / 2],
                millis[millis.length * 99 / 100],
                millis[millis.length - 1]);
        assertThat(millis[millis.length * 99 / 100])
                .as("milliseconds until 99 %% were refused")
                .isLessThan(REFUSAL_MILLIS);
        assertThat(millis[millis.length - 1])
                .as("milliseconds until all were refused")
                .isLessThan(MOST_REFUSAL_MILLIS);
    }

    /** The number of places with a hole, of any size, of the worst subscription. */
    long mostGaps() {
        return ledger.subscriptions().stream()
                .mapToLong(subscription -> gaps(subscription.frames()))
                .max()
                .orElse(0);
    }

    private static long gaps(List<Received> frames) {
        return IntStream.range(0, frames.size())
                .filter(i ->
                        frames.get(i).seq() != (i == 0 ? 0 : frames.get(i - 1).seq()) + 1)
                .count();
    }

    /** The ends of connections of subscribers, like {@link LoadSubscriber#endings}. */
    List<String> endings() {
        return subscribers.stream()
                .flatMap(subscriber -> subscriber.endings().stream())
                .toList();
    }

    /**
     * Stops the publishers, publishes 200 new messages on every channel, which every subscriber gets without a hole,
     * and checks everything from the first message on. Prints one line for {@code fault}.
     */
    Verdict finish(String fault, Holes holes) {
        return finish(fault, HoleRule.everywhere(holes));
    }

    /** Like {@link #finish(String, Holes)}, with separate rules for some channels or times. */
    Verdict finish(String fault, HoleRule rule) {
        publishers.forEach(LoadPublisher::stop);
        publishers.forEach(LoadPublisher::awaitEnd);
        LoadPublisher fresh = new LoadPublisher(target, ledger, "fresh", 0, channels, 0, plan.seed);
        try {
            assertThat(fresh.publishEverywhere(FRESH))
                    .as(() -> "fresh messages accepted, the last refusal " + fresh.refusal() + '\n' + target.log())
                    .isEqualTo(FRESH * plan.channels);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("fresh messages")
                .atMost(RECOVERY_LIMIT)
                .until(() -> subscribers.stream()
                        .allMatch(subscriber -> subscriber.live().size() == plan.channels
                                && subscriber.live().values().stream().allMatch(Traffic::hasAllFresh)));
        close();
        Verdict verdict = Checker.check(ledger, rule);
        report(fault, verdict);
        assertThat(verdict.violations()).as("%s, seed %s", fault, plan.seed).isEmpty();
        return verdict;
    }

    private static boolean hasAllFresh(Subscription subscription) {
        List<Received> frames = subscription.frames();
        List<Received> fresh = frames.subList(Math.max(0, frames.size() - FRESH), frames.size());
        return fresh.size() == FRESH
                && fresh.stream().allMatch(frame -> frame.publisher().equals("fresh"))
                && fresh.get(FRESH - 1).seq() - fresh.get(0).seq() == FRESH - 1;
    }

    private void report(String fault, Verdict verdict) {
        String line = String.format(
                Locale.ROOT,
                "%-44s | lost %5d | holes %5d | recovered %6.2f s | duplicates %d | accepted %6d | refused %6d | unknown %4d"
                        + " | late %3d | received %7d | seed %d%n",
                fault,
                verdict.lost(),
                verdict.holes(),
                recoveredSeconds,
                verdict.duplicates(),
                verdict.accepted(),
                verdict.notPublished(),
                verdict.unknown(),
                verdict.lateUnknown(),
                verdict.received(),
                plan.seed);
        System.out.print("fault: " + line);
        try {
            Files.writeString(REPORT, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (finished) {
            return;
        }
        finished = true;
        publishers.forEach(LoadPublisher::stop);
        subscribers.forEach(LoadSubscriber::stop);
    }
}
