package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.fleet.ReturningClient.Seen;
import dev.broadcaster.message.HistoryId;
import dev.broadcaster.node.NodeProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * P13: clients on channels without traffic, which have seen nothing when a fault comes. Every message that was accepted after
 * the position that a client was given is received after a complete recovery, or the recovery is refused. For one thread.
 */
final class SilentClients implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final AtomicInteger nextChannel = new AtomicInteger();

    private record Accepted(HistoryId id, long sent) {}

    private final Fleet fleet;
    private final ReturningClients clients;
    private final Map<String, List<Accepted>> accepted = new HashMap<>();

    private SilentClients(Fleet fleet, ReturningClients clients) {
        this.fleet = fleet;
        this.clients = clients;
    }

    /** Clients on as many channels, whose names begin with {@code fault:}; returns when all have their positions. */
    static SilentClients start(Fleet fleet, int channels, long seed) {
        return start(fleet, channels, channels, 100, seed);
    }

    static SilentClients start(Fleet fleet, int count, int channels, long mostDelayMillis, long seed) {
        List<String> names = IntStream.range(0, channels)
                .mapToObj(n -> "fault:silent:" + nextChannel.getAndIncrement())
                .toList();
        SilentClients silent =
                new SilentClients(fleet, ReturningClients.start(fleet, count, names, mostDelayMillis, seed));
        names.forEach(name -> silent.accepted.put(name, new ArrayList<>()));
        for (ReturningClient client : silent.clients.all()) {
            assertThat(client.begin().offset()).as("%s begins", client).isZero();
        }
        return silent;
    }

    /** Publishes so many messages to each channel, until each is accepted. */
    SilentClients publish(int each) {
        int node = 0;
        for (Map.Entry<String, List<Accepted>> channel : accepted.entrySet()) {
            for (int i = 0; i < each; i++) {
                NodeProcess process = fleet.inService(node++).process();
                long[] sent = new long[1];
                String body = await("accepted")
                        .atMost(LIMIT)
                        .pollDelay(Duration.ZERO)
                        .until(
                                () -> {
                                    sent[0] = System.nanoTime();
                                    return process.publish(channel.getKey(), "e", "{\"p\":\"silent\",\"n\":1}");
                                },
                                answer -> answer.status() == 200)
                        .body();
                Matcher id = ID.matcher(body);
                assertThat(id.find()).as(body).isTrue();
                HistoryId parsed = Objects.requireNonNull(HistoryId.parse(id.group(1)), body);
                channel.getValue().add(new Accepted(parsed, sent[0]));
            }
        }
        return this;
    }

    SilentClients leave() {
        clients.leave();
        return this;
    }

    SilentClients awaitLive() {
        clients.awaitLive();
        return this;
    }

    /** All connect again at once; returns when all are live. */
    SilentClients comeBack() {
        clients.comeBack();
        clients.awaitLive();
        return this;
    }

    ReturningClients clients() {
        return clients;
    }

    /** Waits for the last messages, and holds what each client has seen to what was accepted; all its returns. */
    List<Return> check(String fault) {
        await("the last message of each silent channel")
                .atMost(LIMIT)
                .until(() -> clients.all().stream().allMatch(client -> client.hasSeen(last(client))));
        assertThat(clients.problems()).isEmpty();
        for (ReturningClient client : clients.all()) {
            boolean refused = client.returns().stream().anyMatch(back -> !back.complete());
            HistoryId begin = client.begin();
            List<HistoryId> expected = accepted.get(client.channel()).stream()
                    .filter(message -> !refused || client.isOwed(message.id(), message.sent()))
                    .map(Accepted::id)
                    .toList();
            assertThat(client.seen().stream().map(Seen::id))
                    .as("%s, from %s, returned %s", client, begin, client.returns())
                    .isEqualTo(expected);
        }
        List<Return> returns = clients.returns();
        assertThat(returns).isNotEmpty();
        long complete = returns.stream().filter(Return::complete).count();
        System.out.printf(
                "%s: %d clients that had seen nothing: %d recovered, %d refused%n",
                fault, clients.all().size(), complete, returns.size() - complete);
        return returns;
    }

    private HistoryId last(ReturningClient client) {
        List<Accepted> all = accepted.get(client.channel());
        return all.get(all.size() - 1).id();
    }

    @Override
    public void close() {
        clients.close();
    }
}
