package dev.broadcaster.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Path CODES = Path.of("../closecodes.json");

    private static Backoff backoff() {
        return new Backoff(new Loop(new ManualClock(1), new Callbacks(Runnable::run, e -> {})));
    }

    @Test
    void actions_areThoseOfTheTableThatAllClientsShare() throws IOException {
        JsonObject table = JsonObject.parse(Files.readString(CODES));
        JsonObject numbers = table.object("backoff");
        long first = numbers.integer("baseMillis");
        long jitter = numbers.integer("jitterMillis");
        long capacity = first << numbers.integer("capacityAttempts");
        for (String text : table.array("codes")) {
            JsonObject entry = JsonObject.parse(text);
            OptionalLong delay = backoff().next(entry.integer("code").intValue());
            switch (entry.string("action")) {
                case "stop" -> assertThat(delay).as(text).isEmpty();
                case "again", "token" -> assertThat(delay.getAsLong()).as(text).isBetween(0L, jitter);
                case "backoff" -> assertThat(delay.getAsLong()).as(text).isBetween(0L, first);
                case "capacity" -> assertThat(delay.getAsLong()).as(text).isBetween(0L, capacity);
                default -> throw new AssertionError(text);
            }
        }
        assertThat(table.array("codes")).hasSizeGreaterThan(10);
    }

    @Test
    void delays_growToTheirBound_andNoFurther() {
        Backoff backoff = backoff();
        long bound = 500;
        long longest = 0;
        for (int i = 0; i < 200; i++) {
            long delay = backoff.next(4555).getAsLong();
            assertThat(delay).isBetween(0L, bound);
            bound = Math.min(20_000, bound * 2);
            longest = Math.max(longest, delay);
        }
        assertThat(longest).isGreaterThan(10_000);
        backoff.reset();
        assertThat(backoff.next(1006).getAsLong()).isLessThanOrEqualTo(500);
    }

    @Test
    void drain_isNoFailure_andTheSecondVoidTokenIs() {
        Backoff backoff = backoff();
        for (int i = 0; i < 50; i++) {
            assertThat(backoff.next(1001).getAsLong()).isLessThanOrEqualTo(500);
        }
        assertThat(backoff.next(4401).getAsLong()).isLessThanOrEqualTo(500);
        long longest = 0;
        for (int i = 0; i < 20; i++) {
            longest = Math.max(longest, backoff.next(4401).getAsLong());
        }
        assertThat(longest).isGreaterThan(1000);
    }
}
