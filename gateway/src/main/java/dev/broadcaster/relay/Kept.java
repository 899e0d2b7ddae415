package dev.broadcaster.relay;

import dev.broadcaster.budget.Account;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * Keeps the histories and idempotency keys of {@link LocalRelay} within their account. When it is full, drops the
 * counters of channels that keep no message first, then the oldest entries of the node, messages or idempotency keys,
 * until a part of the account is free. The order is exact within a lane, and to 10 ms between lanes. Safe from any
 * thread.
 */
final class Kept {
    /** A publish makes room when less than this part is free. */
    private static final int FREE_PART = 64;
    /** It frees so many bytes more, so that the next publishes need not; few, because it waits for this. */
    private static final long MAX_MORE_BYTES = 64 * 1024;

    private static final long TOLERANCE_NANOS = 10_000_000L;

    private final Account account;
    private final long most;
    private final long target;
    private final List<Lane> lanes;
    private final IdempotencyKeys keys;

    Kept(Account account, List<Lane> lanes, IdempotencyKeys keys) {
        this.account = account;
        this.most = account.limit() - account.limit() / FREE_PART;
        this.target = most - Math.min(account.limit() / FREE_PART, MAX_MORE_BYTES);
        this.lanes = lanes;
        this.keys = keys;
    }

    /** Drops the surplus. The caller has no lane, or has finished its work there. */
    void makeRoom() {
        if (account.used() <= most) {
            return;
        }
        boolean more = true;
        while (more && account.used() > target) {
            more = dropOldest(HistoryLogs::oldestSilent, HistoryLogs.NONE)
                    || dropOldest(HistoryLogs::oldestMessage, keys.oldest());
        }
    }

    /**
     * Drops the oldest entries of one kind, and slightly younger ones in the same lane.
     *
     * @param time returns the time of the oldest entry in a lane
     * @param oldestKey the time of the oldest idempotency key, if keys are of this kind
     * @return false if every droppable entry is already being dropped by another thread, or there is none
     */
    private boolean dropOldest(ToLongFunction<HistoryLogs> time, long oldestKey) {
        Lane oldest = null;
        long least = HistoryLogs.NONE;
        long second = HistoryLogs.NONE;
        for (Lane lane : lanes) {
            long its = time.applyAsLong(lane.histories);
            if (its < second && !lane.isDropping()) {
                second = Math.max(its, least);
                if (its < least) {
                    oldest = lane;
                    least = its;
                }
            }
        }
        if (oldestKey < least) {
            drop(keys::dropOldest, keys::oldest, least);
            return true;
        }
        if (oldest == null) {
            return false;
        }
        drop(oldest, time, Math.min(second, oldestKey));
        return true;
    }

    private void drop(Lane lane, ToLongFunction<HistoryLogs> time, long nextOldest) {
        HistoryLogs histories = lane.histories;
        lane.drop(() -> drop(histories::dropOldest, () -> time.applyAsLong(histories), nextOldest));
    }

    private void drop(Runnable dropOldest, LongSupplier oldest, long nextOldest) {
        long bound = nextOldest == HistoryLogs.NONE ? nextOldest : nextOldest + TOLERANCE_NANOS;
        while (account.used() > target && oldest.getAsLong() < bound) {
            dropOldest.run();
        }
    }
}
