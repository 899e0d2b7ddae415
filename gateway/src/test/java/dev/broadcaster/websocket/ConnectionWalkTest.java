package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConnectionWalkTest {
    private final List<Connection> model = new ArrayList<>();
    private final List<Connection> visited = new ArrayList<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private OneThread thread;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread();
        for (int i = 0; i < 2 * ConnectionWalk.SLICE + 1; i++) {
            model.add(thread.connection(null));
        }
    }

    @AfterEach
    void close() {
        thread.close();
    }

    /** Visits all connections; returns the number of them that were visited in the first turn. */
    private int walk(Consumer<Connection> visitor) throws Exception {
        ConnectionWalk walk = new ConnectionWalk(
                thread.list,
                connection -> {
                    visited.add(connection);
                    visitor.accept(connection);
                },
                () -> end.complete(null),
                thread.time);
        int first = thread.call(() -> {
            walk.begin();
            return visited.size();
        });
        end.get(60, TimeUnit.SECONDS);
        return first;
    }

    @Test
    void allAreVisitedInTheirOrder_aFewPerTurn() throws Exception {
        assertThat(walk(connection -> {})).isEqualTo(ConnectionWalk.SLICE);
        assertThat(visited).isEqualTo(model);
    }

    /** A user may have many connections, and each of them may have many subscriptions. */
    @Test
    void aTurnEnds_whenItHasTakenLong() throws Exception {
        assertThat(walk(connection -> thread.time.advanceNanos(ConnectionWalk.SLICE_NANOS / 2)))
                .isEqualTo(3);
        assertThat(visited).isEqualTo(model);
    }

    @Test
    void aTurnVisitsOne_howeverLongItTakes() throws Exception {
        assertThat(walk(connection -> thread.time.advanceNanos(ConnectionWalk.SLICE_NANOS + 1)))
                .isEqualTo(1);
        assertThat(visited).isEqualTo(model);
    }
}
