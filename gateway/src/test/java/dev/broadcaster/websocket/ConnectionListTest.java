package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.time.FakeTime;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConnectionListTest {
    private final ConnectionList list = new ConnectionList();
    private final List<Connection> model = new ArrayList<>();
    private final Metrics metrics = new Metrics();
    private IoThreads threads;
    private Connections connections;

    @BeforeEach
    void start() throws Exception {
        FakeTime time = new FakeTime();
        WebSocketConfig config = new WebSocketConfig(
                0, 0, 0, 0, Duration.ofSeconds(10), Duration.ofSeconds(25), Duration.ofSeconds(60), false);
        threads = new IoThreads(1, config);
        connections = new Connections(config, threads, List.of(), null, new TimingWheel(time), time, metrics);
    }

    @AfterEach
    void close() {
        threads.close();
        metrics.close();
    }

    /** A connection of which only its place in a list is real. */
    private Connection add() {
        Connection connection = new Connection(connections, null, null, null, list, true, false);
        list.add(connection);
        model.add(connection);
        return connection;
    }

    private void remove(Connection connection) {
        list.remove(connection);
        model.remove(connection);
    }

    private List<Connection> first(int limit) {
        List<Connection> found = new ArrayList<>();
        list.forSome(limit, found::add);
        return found;
    }

    @Test
    void forSome_callsTheOldestFirst_asManyAsThereAre() {
        add();
        add();
        add();

        assertThat(first(2)).isEqualTo(model.subList(0, 2));
        assertThat(first(10)).isEqualTo(model);
        assertThat(first(0)).isEmpty();
        assertThat(first(-5)).isEmpty();
    }

    @Test
    void forSome_mayRemoveTheOneItCalls() {
        for (int i = 0; i < 5; i++) {
            add();
        }

        list.forSome(3, this::remove);

        assertThat(list.openCount()).isEqualTo(2);
        assertThat(first(10)).isEqualTo(model);
        list.forSome(10, this::remove);
        assertThat(list.openCount()).isZero();
        assertThat(first(10)).isEmpty();
    }

    @Test
    void theListIsWhatWasAddedAndNotRemoved() {
        SplittableRandom random = new SplittableRandom(1);
        for (int step = 0; step < 2_000; step++) {
            if (model.isEmpty() || random.nextInt(5) < 3) {
                add();
            } else {
                remove(model.get(random.nextInt(model.size())));
            }
            assertThat(list.openCount()).isEqualTo(model.size());
            if (step % 50 == 0) {
                assertThat(first(Integer.MAX_VALUE)).isEqualTo(model);
            }
        }
    }
}
