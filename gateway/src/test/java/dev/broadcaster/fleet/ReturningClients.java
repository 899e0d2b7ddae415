package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.testing.Checker;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.Swarm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Returning clients, spread over channels with a history, and the promises of a history for them. For one thread. */
final class ReturningClients implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Swarm swarm;
    private final List<ReturningClient> clients = new ArrayList<>();

    private ReturningClients(Swarm swarm) {
        this.swarm = swarm;
    }

    /** Returns when all are live. */
    static ReturningClients start(
            TrafficTarget target, int count, List<String> channels, long mostDelayMillis, long seed) {
        ReturningClients all = new ReturningClients(new Swarm(target.port(0)));
        for (int i = 0; i < count; i++) {
            String channel = channels.get(i % channels.size());
            all.clients.add(
                    new ReturningClient(all.swarm, target, "returning " + i, channel, mostDelayMillis, seed + i));
        }
        all.clients.forEach(ReturningClient::start);
        try {
            all.awaitLive();
            return all;
        } catch (RuntimeException | Error e) {
            all.close();
            throw e;
        }
    }

    List<ReturningClient> all() {
        return clients;
    }

    void awaitLive() {
        await("all clients")
                .atMost(LIMIT)
                .failFast(() -> assertThat(problems()).isEmpty())
                .until(() -> clients.stream().allMatch(ReturningClient::isLive));
    }

    /** Waits until every client has received a message on its channel. */
    void awaitSeen() {
        await("something seen").atMost(LIMIT).until(() -> clients.stream().allMatch(client -> client.count() > 0));
    }

    void leave() {
        clients.forEach(ReturningClient::leave);
    }

    void comeBack() {
        clients.forEach(ReturningClient::comeBack);
    }

    List<String> problems() {
        return clients.stream().flatMap(client -> client.problems().stream()).toList();
    }

    List<Return> returns() {
        return clients.stream().flatMap(client -> client.returns().stream()).toList();
    }

    /**
     * Waits until every client has the last message of its channel, and compares the messages of each with the
     * published ones: complete, once, and in one order.
     */
    void assertComplete(Ledger ledger) {
        List<Published> accepted = ledger.published().stream()
                .filter(publish -> publish.outcome() == Outcome.ACCEPTED)
                .toList();
        Map<String, String> lastEpoch = new HashMap<>();
        accepted.forEach(publish -> lastEpoch.put(publish.channel(), id(publish).epoch()));
        Map<String, HistoryId> last = new HashMap<>();
        for (Published publish : accepted) {
            HistoryId id = id(publish);
            if (id.epoch().equals(lastEpoch.get(publish.channel()))) {
                last.merge(publish.channel(), id, (a, b) -> a.offset() > b.offset() ? a : b);
            }
        }
        await("the last message of each channel")
                .atMost(LIMIT)
                .until(() -> clients.stream().allMatch(client -> client.hasSeen(last.get(client.channel()))));
        assertThat(problems()).isEmpty();
        assertThat(Checker.checkUnbroken(
                        ledger, clients.stream().map(ReturningClient::unbroken).toList()))
                .isEmpty();
    }

    private static HistoryId id(Published publish) {
        return Objects.requireNonNull(HistoryId.parse(publish.id()), publish.id());
    }

    /** The times of replies, in milliseconds: {@code "p50 … p99 … max …"}. */
    static String millis(double[] sorted) {
        return String.format(
                Locale.ROOT,
                "p50 %.1f ms, p99 %.1f ms, max %.1f ms",
                sorted[sorted.length / 2],
                sorted[sorted.length * 99 / 100],
                sorted[sorted.length - 1]);
    }

    @Override
    public void close() {
        swarm.close();
    }
}
