package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A shard whose turns follow each other without end lets the thread look at its sockets. */
final class IoThreadTest {
    private static final int MAX_TURNS = 64;

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
}
