package dev.broadcaster.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.broadcaster.message.Message;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.relay.LocalRelay;
import dev.broadcaster.time.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ShardTest {
    private static final int LARGE = 100_000;

    private final Metrics metrics = new Metrics();
    private final FakeShardThread thread = new FakeShardThread(new AtomicReference<>());
    private final Counting subscriber = new Counting();
    private int published;

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void aDrainStops_whenItHasTakenHalfAMegabyte_andGoesOnLater() {
        Hub hub = hub(Time.SYSTEM);
        subscribe(hub);
        for (int i = 0; i < 20; i++) {
            publish(hub);
        }

        drainAll();

        assertThat(subscriber.drains).containsExactly(6, 6, 6, 2);
    }

    /** An offer during a drain has scheduled the next drain already; the bound held only if none had. */
    @Test
    void aDrainStops_whenItHasTakenHalfAMegabyte_alsoWhileOthersPublish() {
        AtomicReference<Hub> hub = new AtomicReference<>();
        // The shard asks for the time in the midst of a drain: a message that another thread publishes right then.
        hub.set(hub(new Time() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public long epochMillis() {
                if (published == 20) {
                    publish(hub.get());
                }
                return 0;
            }
        }));
        subscribe(hub.get());
        for (int i = 0; i < 20; i++) {
            publish(hub.get());
        }

        drainAll();

        assertThat(subscriber.drains).containsExactly(6, 6, 6, 3);
    }

    private Hub hub(Time time) {
        LocalRelay relay = new LocalRelay(time, new MessageIds(time, 1), new Timestamps());
        Hub hub = new Hub(relay, List.of(thread), time, metrics);
        relay.start(hub);
        return hub;
    }

    private void subscribe(Hub hub) {
        thread.run(() -> hub.shards().get(0).subscribe("a", subscriber, () -> {}));
    }

    private void publish(Hub hub) {
        published++;
        hub.onMessage(new Message("m" + published, "t", "a", "\"e\"".getBytes(UTF_8), new byte[LARGE]));
    }

    private void drainAll() {
        while (thread.runOne()) {
            // until nothing is left
        }
    }

    /** Counts the messages of each drain. */
    private static final class Counting implements Subscriber {
        final List<Integer> drains = new ArrayList<>();
        private int messages;

        @Override
        public boolean onBroadcasts(Batch batch, long base) {
            boolean first = messages == 0;
            messages += batch.size();
            return first;
        }

        @Override
        public void onDrained() {
            drains.add(messages);
            messages = 0;
        }
    }
}
