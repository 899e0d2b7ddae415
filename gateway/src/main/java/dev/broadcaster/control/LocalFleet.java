package dev.broadcaster.control;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.time.TimingWheel;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fleet of a single node. Revocations live as long as the process, and the first one says so in the log.
 */
public final class LocalFleet implements Fleet {
    private static final Logger LOG = LoggerFactory.getLogger(LocalFleet.class);
    private static final String SELF = "self";
    /** The interval after which expired revocations are forgotten. */
    private static final long CLEANING_NANOS = 60_000_000_000L;

    private final Revocations revocations;
    private final TimingWheel wheel;
    private final Executor executor;
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile boolean closed;

    @SuppressWarnings("NullAway.Init") // start, before anything else
    private volatile Node node;

    private final TimingWheel.Timer cleaner = new TimingWheel.Timer() {
        @Override
        protected void onExpired() {
            revocations.expire();
            if (!closed) {
                wheel.schedule(this, CLEANING_NANOS);
            }
        }
    };

    /**
     * A fleet without clients.
     *
     * @param revocations those of the verifier of tokens
     * @param executor makes the outcomes
     */
    public LocalFleet(Revocations revocations, TimingWheel wheel, Executor executor) {
        this.revocations = revocations;
        this.wheel = wheel;
        this.executor = executor;
    }

    @Override
    public void start(Node newNode) {
        node = newNode;
        wheel.schedule(cleaner, CLEANING_NANOS);
    }

    @Override
    public void ask(Question question, Consumer<@Nullable Outcome> callback) {
        if (question instanceof Question.Disconnect call && call.revoke()) {
            if (revocations.revoke(call.user(), call.reason()) == null) {
                callback.accept(null);
                return;
            }
            if (warned.compareAndSet(false, true)) {
                LOG.warn("revocations are kept in the memory of this node only, and end with it; REDIS_URL keeps them");
            }
        }
        Patience patience = new Patience(new Gathering(question, executor, callback));
        wheel.schedule(patience, PATIENCE_NANOS);
        patience.gathering.expect(Set.of(SELF));
        node.answer(question, answer -> {
            patience.gathering.add(SELF, answer);
            wheel.cancel(patience);
        });
    }

    private static final class Patience extends TimingWheel.Timer {
        private final Gathering gathering;

        private Patience(Gathering gathering) {
            this.gathering = gathering;
        }

        @Override
        protected void onExpired() {
            gathering.end();
        }
    }

    @Override
    public @Nullable String trouble() {
        return null;
    }

    @Override
    public void close() {
        closed = true;
        wheel.cancel(cleaner);
    }
}
