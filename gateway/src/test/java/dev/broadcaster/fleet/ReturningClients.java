package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.Ledger.Outcome;
import dev.broadcaster.fleet.Ledger.Published;
import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.fleet.ReturningClient.Seen;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.node.Swarm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Clients that come back, spread over channels with a history, and what a history promises them. For one thread. */
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

    /** Waits until everybody has seen something on its channel. */
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
     * Waits until everybody has the last message of its channel, and holds what each has seen, since its first
     * subscription or the last one that was refused, to what was published: complete, once, and in the one order.
     */
    void assertComplete(Ledger ledger) {
        Map<String, Map<HistoryId, String>> accepted = new HashMap<>();
        Map<String, List<Published>> published = new HashMap<>();
        Map<String, HistoryId> last = new HashMap<>();
        Set<String> ids = new HashSet<>();
        for (Published publish : ledger.published()) {
            if (publish.outcome() == Outcome.ACCEPTED) {
                HistoryId id = Objects.requireNonNull(HistoryId.parse(publish.id()), publish.id());
                assertThat(ids.add(publish.channel() + ' ' + id))
                        .as("id %s of %s is new", id, publish.channel())
                        .isTrue();
                accepted.computeIfAbsent(publish.channel(), channel -> new HashMap<>())
                        .put(id, publish.publisher() + ' ' + publish.number());
                published
                        .computeIfAbsent(publish.channel(), channel -> new ArrayList<>())
                        .add(publish);
            }
        }
        published.forEach((channel, all) -> {
            String epoch = all.get(all.size() - 1).id().replaceFirst("-.*", "");
            long offset = all.stream()
                    .map(publish -> Objects.requireNonNull(HistoryId.parse(publish.id())))
                    .filter(id -> id.epoch().equals(epoch))
                    .mapToLong(HistoryId::offset)
                    .max()
                    .orElseThrow();
            last.put(channel, new HistoryId(epoch, offset));
        });
        await("the last message of each channel")
                .atMost(LIMIT)
                .until(() -> clients.stream().allMatch(client -> client.hasSeen(last.get(client.channel()))));
        assertThat(problems()).isEmpty();
        for (ReturningClient client : clients) {
            check(client, accepted.get(client.channel()), published.get(client.channel()));
        }
    }

    private static void check(ReturningClient client, Map<HistoryId, String> accepted, List<Published> published) {
        List<Seen> seen = client.seen();
        Set<HistoryId> got = new HashSet<>();
        for (Seen one : seen) {
            assertThat(got.add(one.id())).as("%s got %s once", client, one).isTrue();
            String key = accepted.get(one.id());
            assertThat(key == null || key.equals(one.key()))
                    .as("%s got %s, published was %s", client, one, key)
                    .isTrue();
        }
        for (Published publish : published) {
            HistoryId id = Objects.requireNonNull(HistoryId.parse(publish.id()));
            assertThat(!client.isOwed(id, publish.sent()) || got.contains(id))
                    .as("%s got %s, which came after %s", client, publish, client.begin())
                    .isTrue();
        }
    }

    /** How long replies took, in milliseconds: {@code "p50 … p99 … max …"}. */
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
