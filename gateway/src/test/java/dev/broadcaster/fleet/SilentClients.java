package dev.broadcaster.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.broadcaster.fleet.ReturningClient.Return;
import dev.broadcaster.testing.Ledger;
import dev.broadcaster.testing.Ledger.Outcome;
import dev.broadcaster.testing.Ledger.Published;
import dev.broadcaster.testing.NodeProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * P13: clients on channels without traffic, which have received no message when a fault comes. Every message that was
 * accepted after the position of a client is received after a complete recovery, or the recovery is refused. For one
 * thread.
 */
final class SilentClients implements AutoCloseable {
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final AtomicInteger nextChannel = new AtomicInteger();

    private final Fleet fleet;
    private final ReturningClients clients;
    private final List<String> channels;
    private final Ledger ledger = new Ledger();
    private long number;

    private SilentClients(Fleet fleet, ReturningClients clients, List<String> channels) {
        this.fleet = fleet;
        this.clients = clients;
        this.channels = channels;
    }

    /** One client per channel, whose name starts with {@code fault:}; returns when all have their positions. */
    static SilentClients start(Fleet fleet, int channels, long seed) {
        return start(fleet, channels, channels, 100, seed);
    }

    static SilentClients start(Fleet fleet, int count, int channels, long mostDelayMillis, long seed) {
        List<String> names = IntStream.range(0, channels)
                .mapToObj(n -> "fault:silent:" + nextChannel.getAndIncrement())
                .toList();
        SilentClients silent =
                new SilentClients(fleet, ReturningClients.start(fleet, count, names, mostDelayMillis, seed), names);
        for (ReturningClient client : silent.clients.all()) {
            assertThat(client.begin().offset()).as("%s begins", client).isZero();
        }
        return silent;
    }

    /** Publishes this many messages to each channel, until each is accepted. */
    SilentClients publish(int each) {
        int node = 0;
        for (String channel : channels) {
            for (int i = 0; i < each; i++) {
                NodeProcess process = fleet.inService(node++).process();
                await("accepted")
                        .atMost(LIMIT)
                        .pollDelay(Duration.ZERO)
                        .until(() -> publish(process, channel) == Outcome.ACCEPTED);
            }
        }
        return this;
    }

    private Outcome publish(NodeProcess process, String channel) {
        long sent = System.nanoTime();
        long n = ++number;
        NodeProcess.Answer answer = process.publish(channel, "e", "{\"p\":\"silent\",\"n\":" + n + "}");
        Matcher id = ID.matcher(answer.body());
        Outcome outcome = answer.status() == 200
                ? Outcome.ACCEPTED
                : answer.body().contains("not published") ? Outcome.NOT_PUBLISHED : Outcome.UNKNOWN;
        ledger.published(
                new Published("silent", n, channel, outcome, id.find() ? id.group(1) : "", sent, System.nanoTime()));
        return outcome;
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

    /**
     * Waits for the last messages, and compares the messages of each client with the accepted ones; returns all
     * returns.
     */
    List<Return> check(String fault) {
        clients.assertComplete(ledger);
        List<Return> returns = clients.returns();
        assertThat(returns).isNotEmpty();
        long complete = returns.stream().filter(Return::complete).count();
        System.out.printf(
                "%s: %d clients that had seen nothing: %d recovered, %d refused%n",
                fault, clients.all().size(), complete, returns.size() - complete);
        return returns;
    }

    @Override
    public void close() {
        clients.close();
    }
}
