package dev.broadcaster.relay;

import dev.broadcaster.budget.Account;
import dev.broadcaster.message.Message;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The histories of the channels of one lane. An account counts their heap bytes; when it is full, {@link Kept} makes
 * them drop some. Owned by the thread that has the lane; the age of the oldest may be read from any thread.
 */
final class HistoryLogs {
    /** The time of an absent entry. */
    static final long NONE = Long.MAX_VALUE;

    /** The expired entries of a kind that one call drops: more than it adds, and few, because all may expire at once. */
    private static final int MAX_EXPIRED = 32;

    private final Supplier<String> epochs;
    private final Account account;
    private final Map<String, HistoryLog> logs = new HashMap<>();
    private final TableBytes table = new TableBytes();
    private final AgeList<HistoryLog> silent = new AgeList<>(); // those without messages
    private final AgeList<HistoryLog.Entry> messages = new AgeList<>();
    private volatile long oldestMessage = NONE;
    private volatile long oldestSilent = NONE;

    /**
     * The histories of one lane.
     *
     * @param epochs makes names that no earlier epoch had
     */
    HistoryLogs(Supplier<String> epochs, Account account) {
        this.epochs = epochs;
        this.account = account;
    }

    /** The history of {@code channel}, or null if it has no counter. */
    @Nullable
    HistoryLog find(String channel, long now) {
        HistoryLog found = logs.get(channel);
        return found == null || found.isForgotten(now) ? null : found;
    }

    /** The history of {@code channel}, with a new counter if it has none. */
    HistoryLog open(String channel, HistoryConfig.Rule rule, long now) {
        dropExpired(now);
        HistoryLog found = logs.get(channel);
        if (found != null && !found.isForgotten(now)) {
            return found;
        }
        if (found != null) {
            found.restart(epochs.get(), now);
            if (found.isEmpty()) {
                silent.remove(found);
                silent.add(found);
            }
            tellOldest();
            return found;
        }
        HistoryLog made = new HistoryLog(channel, epochs.get(), rule, now);
        logs.put(channel, made);
        silent.add(made);
        account.add(made.bytes() + table.grown(logs.size()));
        tellOldest();
        return made;
    }

    /** Adds the next message to {@code log}, which {@link #open} has just returned. */
    void add(HistoryLog log, Message message, long now) {
        if (log.isEmpty()) {
            silent.remove(log);
        }
        long ringBytes = log.ringBytes();
        HistoryLog.Entry entry = log.add(message, now);
        messages.add(entry);
        account.add(entry.bytes() + log.ringBytes() - ringBytes);
        HistoryLog.Entry surplus = log.surplus(now);
        for (int i = 0; i < MAX_EXPIRED && surplus != null; i++) {
            drop(surplus);
            surplus = log.surplus(now);
        }
        tellOldest();
    }

    /**
     * The time when the oldest message was added, in the nanoseconds of the callers; {@link #NONE} if there is none.
     * Any thread.
     */
    long oldestMessage() {
        return oldestMessage;
    }

    /**
     * The time when the first of the counters that keep no message last counted; {@link #NONE} if there is none. Any
     * thread.
     */
    long oldestSilent() {
        return oldestSilent;
    }

    /** Drops the counter that has been without messages for the longest time; if there is none, the oldest message. */
    void dropOldest() {
        HistoryLog counter = silent.oldest();
        HistoryLog.Entry message = messages.oldest();
        if (counter != null) {
            forget(counter);
        } else if (message != null) {
            drop(message);
        } else {
            return;
        }
        account.countRefusal();
        tellOldest();
    }

    /**
     * Drops the oldest messages and counters that have expired. It stops at the first that has not, because they are in
     * order of age. Readings check the age, so an expired one that remains is never used.
     */
    private void dropExpired(long now) {
        HistoryLog.Entry message = messages.oldest();
        for (int i = 0; i < MAX_EXPIRED && message != null && message.isExpired(now); i++) {
            drop(message);
            message = messages.oldest();
        }
        HistoryLog counter = silent.oldest();
        for (int i = 0; i < MAX_EXPIRED && counter != null && counter.isForgotten(now); i++) {
            forget(counter);
            counter = silent.oldest();
        }
    }

    /** Drops the messages and the counter of {@code channel}: its next counter has another epoch. */
    void delete(String channel) {
        HistoryLog log = logs.get(channel);
        if (log != null) {
            forget(log);
            tellOldest();
        }
    }

    /** {@code entry} must be the oldest of its log. */
    private void drop(HistoryLog.Entry entry) {
        HistoryLog log = entry.log;
        long ringBytes = log.ringBytes();
        log.removeOldest();
        messages.remove(entry);
        account.add(log.ringBytes() - ringBytes - entry.bytes());
        if (log.isEmpty()) {
            silent.add(log);
        }
    }

    private void forget(HistoryLog log) {
        for (HistoryLog.Entry entry = log.oldest(); entry != null; entry = log.oldest()) {
            drop(entry);
        }
        silent.remove(log);
        logs.remove(log.channel());
        account.add(-log.bytes());
    }

    private void tellOldest() {
        HistoryLog.Entry message = messages.oldest();
        oldestMessage = message == null ? NONE : message.nanos;
        HistoryLog counter = silent.oldest();
        oldestSilent = counter == null ? NONE : counter.countedNanos();
    }
}
