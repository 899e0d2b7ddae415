package dev.broadcaster.websocket;

import dev.broadcaster.budget.Account;
import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.util.List;

/**
 * Limits the output that waits on all connections together, in bytes of the heap. Output that is written at once is not
 * counted. When the account is nearly full, connections are closed that hold more than half of the mean and whose
 * clients read slowly or not at all. Those that have not kept up for the longest time are closed first; a client that
 * reads stays.
 * <ul>
 * <li>Over three quarters of the account: those that have read slowly for a second.
 * <li>When it is full: those that have read slowly for a tenth of a second.
 * <li>Over nine eighths: all that hold more than half of the mean. These hold at least half of everything.
 * </ul>
 *
 * <p>Safe from any thread, unless a method says otherwise. Never blocks.
 */
final class OutputBudget {
    private static final long SLOW_NANOS = 1_000_000_000L;
    private static final long FULL_NANOS = 100_000_000L;
    /** The interval between two checks of the queues of a thread. */
    private static final long INTERVAL_NANOS = 100_000_000L;

    private static final long FULL_INTERVAL_NANOS = 1_000_000L;

    private final Account account;
    private final List<IoThread> threads;
    private final Time time;

    OutputBudget(Account account, List<IoThread> threads, Time time) {
        this.account = account;
        this.threads = threads;
        this.time = time;
    }

    /** Adds {@code bytes}, which may be negative. */
    void add(long bytes) {
        if (bytes != 0) {
            account.add(bytes);
        }
    }

    /** Counts a connection that is closed because of the account. */
    void countClosed() {
        account.countRefusal();
    }

    /** True if there is room again. */
    boolean isRelieved() {
        return account.used() <= account.limit() / 8 * 5;
    }

    private boolean isShort() {
        return account.used() > account.limit() / 4 * 3;
    }

    /**
     * Closes connections if the account is nearly full; on other threads soon. To be called when a connection has
     * written as much as its socket takes and bytes are left. On {@code current}, outside of its hand-over of messages.
     */
    void relieve(IoThread current) {
        if (!isShort() || !closeSome(current)) {
            return;
        }
        for (IoThread thread : threads) {
            if (thread != current && thread.backlog().askForRelief()) {
                thread.execute(Fatal.guarded(() -> {
                    thread.backlog().onRelief();
                    closeSome(thread);
                }));
            }
        }
    }

    /** False if it is too soon. */
    private boolean closeSome(IoThread thread) {
        long used = account.used();
        long limit = account.limit();
        long now = time.nanos();
        if (!thread.backlog().isDue(used > limit ? FULL_INTERVAL_NANOS : INTERVAL_NANOS, now)) {
            return false;
        }
        int count = Math.max(
                1, threads.stream().mapToInt(each -> each.backlog().size()).sum());
        long minAge = used > limit / 8 * 9 ? 0 : used > limit ? FULL_NANOS : SLOW_NANOS;
        thread.backlog().close(minAge, used / count / 2, now, this);
        return true;
    }
}
