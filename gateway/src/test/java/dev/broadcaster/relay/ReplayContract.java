package dev.broadcaster.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The promises of {@link Relay} about histories, positions and replays (PROTOCOL sections 9 and 10). */
public abstract class ReplayContract extends RelayContract {
    private static final int MESSAGES = 10_000;
    private static final int IN_FLIGHT = 128;

    /** Ends the life of a channel's counter, like an hour without a publish. */
    protected void letCounterExpire(String channel) {
        time.advance(Duration.ofMinutes(61));
    }

    @Test
    void recovery_isComplete_exactlyWhenNoMessageAfterThePositionIsMissing() {
        subscribe("kept:few:a");
        List<String> ids = publishMany("kept:few:a", 8);
        String epoch = ids.get(0).substring(0, ids.get(0).indexOf('-'));

        for (int offset = 0; offset <= 9; offset++) {
            String after = epoch + "-" + offset;
            List<String> expected = offset < 5 || offset > 8 ? null : ids.subList(offset, 8);
            Replayed replayed = replay("kept:few:a", new Replay(after, 0));
            assertThat(replayed.complete()).as("subscribe after %s", offset).isEqualTo(expected != null);
            assertThat(ids(replayed.messages())).isEqualTo(expected == null ? List.of() : expected);
            assertThat(replayed.position()).isEqualTo(ids.get(7));
            for (int limit = 1; limit <= 4; limit++) {
                assertThat(readAllOrNull("kept:few:a", after, limit))
                        .as("history after %s, %s a page", offset, limit)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void recovery_isComplete_fromThePositionBeforeTheFirstMessage_whileAllAreKept() {
        subscribe("kept:few:a");
        List<String> ids = publishMany("kept:few:a", 3);
        String start = ids.get(0).replaceAll("-.*", "-0");

        assertThat(recover("kept:few:a", start)).isEqualTo(ids);
        assertThat(readAllOrNull("kept:few:a", start, 2)).isEqualTo(ids);
    }

    @Test
    void recovery_isCompleteWithNothing_fromTheLastPosition_whenAllMessagesHaveExpired() {
        subscribe("kept:briefly:a");
        List<String> ids = publishMany("kept:briefly:a", 3);
        letTimePass(Duration.ofMillis(2_100));

        assertThat(recover("kept:briefly:a", ids.get(2))).isEmpty();
        assertThat(recover("kept:briefly:a", ids.get(1))).isNull();
        assertThat(replay("kept:briefly:a", new Replay(ids.get(0), 10)))
                .isEqualTo(new Replayed(false, List.of(), ids.get(2)));
        assertThat(readAllOrNull("kept:briefly:a", ids.get(2), 5)).isEmpty();
        assertThat(readAllOrNull("kept:briefly:a", ids.get(1), 5)).isNull();

        List<String> later = publishMany("kept:briefly:a", 2);
        assertThat(recover("kept:briefly:a", ids.get(2)))
                .as("the counter goes on")
                .isEqualTo(later);
    }

    @Test
    void position_isTheLastMessage_orTheOneBeforeTheFirst() {
        subscribe("kept:a");
        Replayed silent = replay("kept:a", new Replay(null, 0));
        assertThat(silent.complete()).isFalse();
        assertThat(silent.messages()).isEmpty();
        assertThat(silent.position()).matches("[A-Za-z0-9]{1,40}-0");
        assertThat(replay("kept:a", new Replay(null, 0))).as("asked again").isEqualTo(silent);

        List<String> ids = publishMany("kept:a", 7);
        assertThat(ids.get(0))
                .as("of the same counter")
                .isEqualTo(silent.position().replaceAll("-0$", "-1"));
        assertThat(replay("kept:a", new Replay(null, 0)).position()).isEqualTo(ids.get(6));
        subscribe("other");
        assertThat(replay("other", new Replay(ids.get(6), 7))).isEqualTo(Replayed.NO_HISTORY);
    }

    /** P13: subscribe, silence, loss of the connection, three messages, return. */
    @Test
    void clientWithoutAMessage_recoversEverythingFromItsPosition() {
        subscribe("kept:a");
        String position = replay("kept:a", new Replay(null, 0)).position();
        List<String> ids = publishMany("kept:a", 3);
        assertThat(recover("kept:a", position)).isEqualTo(ids);
        assertThat(readAllOrNull("kept:a", position, 2)).isEqualTo(ids);

        publishMany("kept:a", 3);
        assertThat(recover("kept:a", position))
                .as("six messages, five are kept")
                .isNull();
    }

    @Test
    void clientWithoutAMessage_recoversNothing_whenNothingWasPublished() {
        subscribe("kept:a");
        String position = replay("kept:a", new Replay(null, 0)).position();
        relay.unsubscribe("kept:a");
        relay.subscribe("kept:a", then(() -> {}));

        assertThat(recover("kept:a", position)).isEmpty();
        assertThat(recover("kept:a", position.replace("-0", "-1")))
                .as("of the future")
                .isNull();
    }

    @Test
    void position_isRefused_andReplacedByANewOne_whenTheCounterHasExpired() {
        subscribe("kept:a");
        subscribe("kept:b");
        String silent = replay("kept:a", new Replay(null, 0)).position();
        String seen = publishMany("kept:b", 2).get(1);
        letCounterExpire("kept:a");
        letCounterExpire("kept:b");

        Replayed refused = replay("kept:a", new Replay(silent, 10));
        assertThat(refused.complete()).isFalse();
        assertThat(refused.messages()).isEmpty();
        assertThat(refused.position()).endsWith("-0").isNotEqualTo(silent);
        assertThat(recover("kept:a", refused.position())).isEmpty();
        assertThat(recover("kept:b", seen)).isNull();

        List<String> ids = publishMany("kept:a", 2);
        publishMany("kept:b", 2);
        assertThat(recover("kept:a", refused.position())).isEqualTo(ids);
        assertThat(recover("kept:a", silent)).isNull();
        assertThat(recover("kept:b", seen)).isNull();
    }

    @Test
    void last_replaysTheNewestMessages_oldestFirst() {
        subscribe("kept:a");
        assertThat(last("kept:a", null, 3)).isEmpty();
        List<String> ids = publishMany("kept:a", 8);

        assertThat(last("kept:a", null, 1)).isEqualTo(ids.subList(7, 8));
        assertThat(last("kept:a", null, 3)).isEqualTo(ids.subList(5, 8));
        assertThat(last("kept:a", null, 5)).isEqualTo(ids.subList(3, 8));
        assertThat(last("kept:a", null, 1000)).as("bounded by the history").isEqualTo(ids.subList(3, 8));
        assertThat(last("kept:a", "nonsense", 2)).isEqualTo(ids.subList(6, 8));
        assertThat(last("kept:a", ids.get(1), 2)).as("refused").isEqualTo(ids.subList(6, 8));
        Replayed recovered = replay("kept:a", new Replay(ids.get(6), 3));
        assertThat(recovered.complete()).isTrue();
        assertThat(ids(recovered.messages())).isEqualTo(ids.subList(7, 8));
        assertThat(recovered.position()).isEqualTo(ids.get(7));
    }

    @Test
    void last_replaysOnlyWhatHasNotExpired() {
        subscribe("kept:briefly:a");
        publishMany("kept:briefly:a", 3);
        letTimePass(Duration.ofMillis(1_500));
        List<String> young = publishMany("kept:briefly:a", 2);
        letTimePass(Duration.ofMillis(1_000));

        assertThat(last("kept:briefly:a", null, 4)).isEqualTo(young);
        assertThat(last("kept:briefly:a", null, 1)).isEqualTo(young.subList(1, 2));
    }

    @Test
    void last_isAThousandAtMost() {
        subscribe("kept:much:a");
        List<String> ids = publishMany("kept:much:a", 1_100);

        assertThat(last("kept:much:a", null, 5)).isEqualTo(ids.subList(1_095, 1_100));
        assertThat(last("kept:much:a", null, 1_000)).isEqualTo(ids.subList(100, 1_100));
        assertThat(last("kept:much:a", null, 300)).isEqualTo(ids.subList(800, 1_100));
        assertThatThrownBy(() -> new Replay(null, 1_001)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Positions, last messages and live messages belong to one moment. */
    @Test
    void replayedAndLiveJoin_withoutAHoleOrADuplicate_whileOthersPublish() throws Exception {
        String channel = "kept:much:c";
        subscribe(channel);
        String start = replay(channel, new Replay(null, 0)).position();
        AtomicInteger open = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        List<String> wrong = new CopyOnWriteArrayList<>();
        Thread publisher = new Thread(() -> {
            Semaphore inFlight = new Semaphore(IN_FLIGHT);
            for (int n = 0; n < MESSAGES; n++) {
                inFlight.acquireUninterruptibly();
                relay.publish(publication(channel, "1"), outcome -> inFlight.release());
            }
        });
        publisher.start();
        while (publisher.isAlive() || answered.get() < 200) {
            soon().until(() -> open.get() < 20);
            int last = answered.get() % 4 == 0 ? 0 : answered.get() % 50;
            open.incrementAndGet();
            relay.replay(channel, new Replay(null, last), new ReplayCallback() {
                @Override
                public void onReplayed(Replayed replayed) {
                    List<String> live = ids(listener.of(channel));
                    List<String> expected = live.subList(Math.max(0, live.size() - last), live.size());
                    if (!ids(replayed.messages()).equals(expected)) {
                        wrong.add(ids(replayed.messages()) + " (expected: " + expected + ")");
                    }
                    String position = live.isEmpty() ? start : live.get(live.size() - 1);
                    if (!position.equals(replayed.position())) {
                        wrong.add(replayed.position() + " (expected: " + position + ")");
                    }
                    answered.incrementAndGet();
                    open.decrementAndGet();
                }

                @Override
                public void onFailed(String reason) {
                    wrong.add(reason);
                    answered.incrementAndGet();
                    open.decrementAndGet();
                }
            });
        }
        soon().until(() -> open.get() == 0);
        assertThat(wrong).isEmpty();
    }

    /** The ids of the newest messages, when they do not follow the last seen one. */
    private List<String> last(String channel, String lastSeen, int last) {
        Replayed replayed = replay(channel, new Replay(lastSeen, last));
        assertThat(replayed.complete()).isFalse();
        return ids(replayed.messages());
    }

    /** The ids of all pages after a position; null if any page is refused. */
    private List<String> readAllOrNull(String channel, String after, int limit) {
        List<String> ids = new ArrayList<>();
        String last = after;
        while (read(channel, last, limit) instanceof HistoryOutcome.Page page) {
            ids.addAll(ids(page.messages()));
            if (!page.more()) {
                return ids;
            }
            last = ids.get(ids.size() - 1);
        }
        return null;
    }
}
