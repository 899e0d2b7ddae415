package dev.broadcaster.budget;

import dev.broadcaster.metrics.Metrics;
import java.util.EnumMap;
import java.util.Map;

/**
 * A share of the heap that limits the memory that clients and publishers can make this node hold, with one
 * {@link Account} per {@link Purpose}. Accounts are made by one thread during the start of the node.
 */
public final class MemoryBudget {
    private final long bytes;
    private final Metrics metrics;
    private final Map<Purpose, Account> accounts = new EnumMap<>(Purpose.class);

    /**
     * A budget whose accounts are empty.
     *
     * @param heapPercent the share of the largest heap that the JVM will use, 1 to 90
     */
    public static MemoryBudget ofHeap(int heapPercent, Metrics metrics) {
        return new MemoryBudget(Runtime.getRuntime().maxMemory() / 100 * heapPercent, metrics);
    }

    /** A budget of {@code bytes} in total. */
    public MemoryBudget(long bytes, Metrics metrics) {
        this.bytes = bytes;
        this.metrics = metrics;
    }

    /** The largest number of bytes for {@code purpose}. */
    public long limit(Purpose purpose) {
        return bytes / 100 * purpose.percent();
    }

    /** The account for {@code purpose}; its meters exist from the first call on. */
    public Account account(Purpose purpose) {
        return accounts.computeIfAbsent(purpose, p -> {
            Account account = new Account(limit(p), metrics.countedBudgetRefusals(p.label()));
            metrics.budget(p.label(), account, Account::used, Account::limit);
            return account;
        });
    }
}
