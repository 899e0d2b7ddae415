package dev.broadcaster.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.broadcaster.message.Publication;
import dev.broadcaster.relay.HistoryCallback;
import dev.broadcaster.relay.HistoryOutcome;
import dev.broadcaster.relay.PublishCallback;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.relay.RelayListener;
import dev.broadcaster.relay.Replay;
import dev.broadcaster.relay.ReplayCallback;
import dev.broadcaster.relay.Replayed;
import dev.broadcaster.relay.SubscribeCallback;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A relay that answers a publish when the test tells it to, on the test's thread, or at once if so configured. It
 * delivers nothing. A message's id is {@code id-} and its payload.
 */
final class HeldRelay implements Relay {

    /** A received publish; answered once. */
    record Held(Publication publication, PublishCallback callback, boolean answeredAtOnce) {
        String payload() {
            return new String(publication.payload(), StandardCharsets.UTF_8);
        }

        void accept() {
            answer(new PublishOutcome.Accepted("id-" + payload(), "2026-01-02T03:04:05Z"));
        }

        void answer(PublishOutcome outcome) {
            callback.onOutcome(outcome);
        }
    }

    @GuardedBy("this")
    private final List<Held> publishes = new ArrayList<>();

    @GuardedBy("this")
    private final List<HistoryCallback> heldReads = new ArrayList<>();

    private final AtomicInteger historyReads = new AtomicInteger();
    private volatile boolean answersAtOnce;
    private volatile boolean holdsHistoryReads;
    private volatile Runnable onPublish = () -> {};

    void answerAtOnce(boolean atOnce) {
        answersAtOnce = atOnce;
    }

    /** From now on each reading of a history waits for {@link #answerHistoryReads}. */
    void holdHistoryReads() {
        holdsHistoryReads = true;
    }

    /** Waits until this many readings are held, and answers each of them with {@code outcome} on this thread. */
    void answerHistoryReads(int count, HistoryOutcome outcome) {
        Awaitility.await(count + " readings")
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> heldReads().size() >= count);
        for (HistoryCallback callback : heldReads()) {
            callback.onOutcome(outcome);
        }
    }

    private synchronized List<HistoryCallback> heldReads() {
        return List.copyOf(heldReads);
    }

    /** All received publishes, in order. */
    synchronized List<Held> publishes() {
        return List.copyOf(publishes);
    }

    /** Removes all received publishes, and returns those that have not been answered at once. */
    synchronized List<Held> take() {
        List<Held> waiting =
                publishes.stream().filter(held -> !held.answeredAtOnce).toList();
        publishes.clear();
        return waiting;
    }

    /** Removes the received publishes. */
    synchronized void forget() {
        publishes.clear();
    }

    /** The number of requests for a history; there is none. */
    int historyReads() {
        return historyReads.get();
    }

    /** Waits until this many publishes have arrived, and no more. */
    List<Held> await(int count) {
        Awaitility.await(count + " publishes")
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> publishes().size() >= count);
        List<Held> all = publishes();
        assertThat(all).hasSize(count);
        return all;
    }

    @Override
    public void start(RelayListener listener) {}

    /** Runs {@code action} at each publish, on the I/O thread. */
    void onPublish(Runnable action) {
        onPublish = action;
    }

    @Override
    public void publish(Publication publication, PublishCallback callback) {
        onPublish.run();
        Held held = new Held(publication, callback, answersAtOnce);
        synchronized (this) {
            publishes.add(held);
        }
        if (held.answeredAtOnce) {
            held.accept();
        }
    }

    @Override
    public void subscribe(String channel, SubscribeCallback callback) {
        callback.onSubscribed();
    }

    @Override
    public void unsubscribe(String channel) {}

    @Override
    public void replay(String channel, Replay replay, ReplayCallback callback) {
        callback.onReplayed(Replayed.NO_HISTORY);
    }

    @Override
    public void history(String channel, @Nullable String afterId, int limit, HistoryCallback callback) {
        historyReads.incrementAndGet();
        if (holdsHistoryReads) {
            synchronized (this) {
                heldReads.add(callback);
            }
            return;
        }
        callback.onOutcome(new HistoryOutcome.NoHistory());
    }

    @Override
    public @Nullable String trouble() {
        return null;
    }

    @Override
    public void close() {}
}
