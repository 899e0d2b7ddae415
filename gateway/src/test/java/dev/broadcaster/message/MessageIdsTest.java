package dev.broadcaster.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.testing.FakeTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class MessageIdsTest {
    private final FakeTime time = new FakeTime();

    @Test
    void idsAreUnique_alsoFromManyThreads_inOneMillisecond() throws Exception {
        MessageIds ids = new MessageIds(time, 7);
        Callable<List<String>> making = () -> {
            List<String> made = new ArrayList<>();
            for (int i = 0; i < 250_000; i++) {
                made.add(ids.next());
            }
            return made;
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        Set<String> all = new HashSet<>();
        try {
            for (Future<List<String>> made : threads.invokeAll(List.of(making, making, making, making))) {
                all.addAll(made.get());
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(all).hasSize(1_000_000);
        String first = all.iterator().next().substring(0, 10);
        assertThat(all.stream().limit(10_000))
                .allMatch(id -> id.matches("[0-9A-HJKMNP-TV-Z]{26}") && id.startsWith(first));
    }

    @Test
    void idsOfTwoNodesDiffer() {
        Set<String> all = new HashSet<>();
        MessageIds one = new MessageIds(time, 1);
        MessageIds two = new MessageIds(time, 2);
        for (int i = 0; i < 10_000; i++) {
            all.add(one.next());
            all.add(two.next());
        }

        assertThat(all).hasSize(20_000);
    }

    @Test
    void idsBeginWithTheTime_soThatTheySortByIt() {
        MessageIds ids = new MessageIds(time, 3);
        // The example of the ULID specification.
        time.setEpochMillis(1_469_918_176_385L);
        assertThat(ids.next()).startsWith("01ARYZ6S41");

        String before = ids.next();
        time.setEpochMillis(1_469_918_176_386L);
        assertThat(ids.next()).isGreaterThan(before);
        time.setEpochMillis((1L << 48) - 1);
        assertThat(ids.next()).startsWith("7ZZZZZZZZZ");
    }
}
