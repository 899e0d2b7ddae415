package dev.broadcaster.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

final class SharedWalksTest {
    private record Begun(BiConsumer<String, String> visitor, Runnable end) {}

    private final Queue<Begun> begun = new ArrayDeque<>();
    private final List<String> log = new ArrayList<>();
    private final SharedWalks<String> walks = new SharedWalks<>((visitor, end) -> begun.add(new Begun(visitor, end)));

    private void act(String name, String user) {
        walks.act(
                user,
                connection -> {
                    log.add(name + ' ' + connection);
                    return 1;
                },
                sum -> log.add(name + " = " + sum));
    }

    /** Walks over two connections of alice and one of bob. */
    private void walk() {
        Begun walk = begun.remove();
        walk.visitor.accept("a1", "alice");
        walk.visitor.accept("b1", "bob");
        walk.visitor.accept("a2", "alice");
        walk.end.run();
    }

    @Test
    void firstAction_beginsAtOnce() {
        act("first", "alice");
        walk();

        assertThat(log).containsExactly("first a1", "first a2", "first = 2");
        assertThat(begun).isEmpty();
        act("second", "carol");
        walk();
        assertThat(log).endsWith("second = 0");
    }

    @Test
    void actionsThatComeDuringAWalk_shareTheNextOne_inTheirOrder() {
        act("first", "bob");
        act("second", "alice");
        act("third", "bob");
        act("fourth", "alice");
        assertThat(begun).as("one walk at a time").hasSize(1);
        walk();
        assertThat(log).containsExactly("first b1", "first = 1");
        log.clear();

        walk();

        assertThat(log)
                .containsExactly(
                        "second a1",
                        "fourth a1",
                        "third b1",
                        "second a2",
                        "fourth a2",
                        "second = 2",
                        "third = 1",
                        "fourth = 2");
        assertThat(begun).isEmpty();
    }

    @Test
    void manyActions_takeFewWalks_andNoneIsDropped() {
        for (int i = 0; i < 1 + 10 * SharedWalks.MAX_ACTIONS; i++) {
            act("action" + i, "bob");
        }
        int count = 0;
        while (!begun.isEmpty()) {
            walk();
            count++;
        }

        assertThat(count).isEqualTo(11);
        assertThat(log.stream().filter(it -> it.endsWith(" = 1"))).hasSize(1 + 10 * SharedWalks.MAX_ACTIONS);
    }
}
