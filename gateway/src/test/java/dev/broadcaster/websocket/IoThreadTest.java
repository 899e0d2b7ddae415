package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shards and connections whose turns follow each other without end let the thread look at its sockets. */
final class IoThreadTest {
    private static final int MAX_TURNS = 64;
    private static final long ALL_OF_THE_TIME_NANOS = 2_000_000;

    @Test
    void turn_isPutOff_whenManyHaveRunSinceTheThreadSelected() throws Exception {
        try (OneThread thread = new OneThread()) {
            IoThread io = thread.connection(null).thread;
            List<Integer> selections = new ArrayList<>(); // guarded by the thread
            Runnable turn = new Runnable() {
                @Override
                public void run() {
                    if (selections.size() < 3 * MAX_TURNS && !io.putsOff(this)) {
                        selections.add(IoThreads.selections());
                        io.execute(this); // before the thread selects
                    }
                }
            };

            thread.run(turn);

            await().until(() -> thread.call(() -> selections.size() == 3 * MAX_TURNS));
            assertThat(selections.stream().distinct()).hasSizeGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void turnsOfConnections_waitForTheNextSelection_whenTheirTimeIsOver() throws Exception {
        try (OneThread thread = new OneThread()) {
            await().until(() ->
                    thread.call(IoThreads::selections) > 0); // as a thread that has accepted a connection has
            List<Integer> selections = new ArrayList<>(); // guarded by the thread
            List<Integer> before = new ArrayList<>(); // guarded by the thread

            thread.run(() -> {
                for (int i = 0; i < 5; i++) {
                    IoThreads.executeInTurn(() -> {
                        selections.add(IoThreads.selections());
                        long end = System.nanoTime() + ALL_OF_THE_TIME_NANOS;
                        while (System.nanoTime() - end < 0) {
                            Thread.onSpinWait();
                        }
                    });
                }
                IoThreads.executeLater(() -> before.add(selections.size()));
            });

            await().until(() -> thread.call(() -> selections.size() == 5));
            assertThat(selections).doesNotHaveDuplicates();
            assertThat(thread.call(() -> before))
                    .as("turns before another task")
                    .containsExactly(0);
        }
    }
}
