package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocation;
import dev.broadcaster.auth.Revocations;
import dev.broadcaster.metrics.ControlMetrics;
import dev.broadcaster.time.TimingWheel;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * This node as a member of the fleet: it keeps its lease, and the revocations that it knows in step with Redis
 * ({@link FleetState}). Owned by the event loop, except for {@link #start}, {@link #trouble} and {@link #leave}.
 */
final class Membership implements RedisRelay.Watcher {
    private static final long TICK_NANOS = 1_000_000_000L;
    /** The ticks between two writings of the lease. */
    private static final int LEASE_TICKS = 5;
    /** The ticks after which revocations are read again, so that ended ones are deleted. */
    private static final int READ_TICKS = 3_600;

    private static final int EXPIRE_TICKS = 60;
    private static final long LEAVE_MILLIS = 500;

    private final RedisRelay relay;
    private final FleetState state;
    private final Revocations revocations;
    private final TimingWheel wheel;
    private volatile @Nullable String trouble = "Redis: revocations are being read";
    private volatile int nodes = 1;
    private volatile boolean closed;

    // Owned by the event loop.
    private boolean listening; // to questions
    private boolean reliable; // the relay
    private int ticks;

    private final TimingWheel.Timer ticker = new TimingWheel.Timer() {
        @Override
        protected void onExpired() {
            relay.offer(loop -> tick());
            if (!closed) {
                wheel.schedule(this, TICK_NANOS);
            }
        }
    };

    /** The membership of the node of {@code relay}, which is not started yet. */
    Membership(RedisRelay relay, FleetState state, Revocations revocations, TimingWheel wheel, ControlMetrics metrics) {
        this.relay = relay;
        this.state = state;
        this.revocations = revocations;
        this.wheel = wheel;
        relay.watch(this);
        metrics.nodes(this, it -> it.nodes);
    }

    /** Begins to keep the lease. Any thread. */
    void start() {
        wheel.schedule(ticker, TICK_NANOS);
    }

    /** The node hears the questions of others. */
    void onListening() {
        listening = true;
        sync();
    }

    /** Questions of others were lost, possibly with revocations. */
    void onLoss() {
        state.onAway();
        sync();
    }

    @Override
    public void onAway() {
        reliable = false;
        state.onAway();
        tellTrouble();
    }

    @Override
    public void onBack() {
        reliable = true;
        sync();
    }

    /** Writes the lease, then reads the revocations: a later revocation is told to this node, or waits for its answer. */
    private void sync() {
        if (listening && reliable && !closed) {
            state.renew(FleetState.LEASE_MILLIS, this::onNodes);
            state.read();
        }
        tellTrouble();
    }

    private void tick() {
        ticks++;
        if (ticks % EXPIRE_TICKS == 0) {
            revocations.expire();
        }
        if (!listening || !reliable || closed) {
            return;
        }
        if (!state.isInStep() || state.refusal() != null) {
            sync();
        } else if (ticks % READ_TICKS == 0) {
            state.read();
        } else if (ticks % LEASE_TICKS == 0) {
            state.renew(FleetState.LEASE_MILLIS, this::onNodes);
        }
        tellTrouble();
    }

    private void onNodes(@Nullable Set<String> living) {
        if (living != null) {
            nodes = living.size();
        }
        tellTrouble();
    }

    private void tellTrouble() {
        String refusal = state.refusal();
        trouble = refusal != null
                ? "Redis: revocations: refused: " + refusal
                : state.isInStep() ? null : "Redis: revocations are being read";
    }

    /** Reads which nodes live; the callback receives null if Redis does not answer. */
    void nodes(Consumer<@Nullable Set<String>> callback) {
        state.nodes(FleetState.LEASE_MILLIS, living -> {
            onNodes(living);
            callback.accept(living);
        });
    }

    /** Keeps a revocation of this node; see {@link FleetState#write}. */
    void revoke(String user, Revocation revocation, String version, Consumer<Boolean> callback) {
        state.write(user, revocation, version, written -> {
            callback.accept(written);
            tellTrouble();
        });
    }

    /** Another node has told a revocation; {@code version} is that of all revocations afterwards. */
    void onRevoked(String user, Revocation revocation, String version) {
        revocations.add(user, revocation);
        state.onVersion(version);
    }

    /** The reason why this node may not know all revocations; null if it does. Any thread. */
    @Nullable
    String trouble() {
        return trouble;
    }

    /** Ends the lease, so that other nodes do not wait for this one. Blocks briefly; not on the event loop. */
    void leave() {
        if (closed) {
            return;
        }
        closed = true;
        wheel.cancel(ticker);
        CountDownLatch left = new CountDownLatch(1);
        relay.offer(loop -> state.renew(0, living -> left.countDown()));
        try {
            boolean unused = left.await(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
