package dev.broadcaster.relay;

import dev.broadcaster.budget.Account;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * Holds what {@link LocalRelay} keeps to its account. When that is full, counters of channels that keep no message go
 * first, then whatever is oldest on the node, a message of a history or an idempotency key, until a little is free. The
 * order is exact within a lane, and to 10 ms between lanes. Safe from any thread.
 */
final class Kept {
    /** With less than this part free, a publish makes room; it leaves twice as much, so that the next ones need not. */
    private static final int FREE_PART = 64;

    private static final long TOLERANCE_NANOS = 10_000_000L;

    private final Account account;
    private final long most;
    private final long target;
    private final List<Lane> lanes;
    private final IdempotencyKeys keys;

    Kept(Account account, List<Lane> lanes, IdempotencyKeys keys) {
        this.account = account;
        this.most = account.limit() - account.limit() / FREE_PART;
        this.target = most - account.limit() / FREE_PART;
        this.lanes = lanes;
        this.keys = keys;
    }

    /** Drops what is too much. The caller has no lane, or has done what it has to do there. */
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
     * Drops the oldest of one kind, and what is hardly younger in the same place.
     *
     * @param time of the oldest in a lane
     * @param oldestKey when the oldest idempotency key came, if they are of this kind
     * @return false if there is nothing to drop that no other thread is about to drop
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
