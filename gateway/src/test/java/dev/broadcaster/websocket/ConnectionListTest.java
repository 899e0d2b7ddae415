package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConnectionListTest {
    private final List<Connection> model = new ArrayList<>();
    private OneThread thread;
    private ConnectionList list;

    @BeforeEach
    void start() throws Exception {
        thread = new OneThread();
        list = thread.list;
    }

    @AfterEach
    void close() {
        thread.close();
    }

    /** A connection of which only the place in a list is real. */
    private Connection add() {
        Connection connection = thread.connection(null);
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
    void forSome_callsTheOldestFirst_atMostAll() {
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
