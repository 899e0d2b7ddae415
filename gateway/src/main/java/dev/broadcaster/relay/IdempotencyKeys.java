package dev.broadcaster.relay;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.message.Publication;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last five minutes with the first answer to each (PROTOCOL section 6), in memory. An
 * account counts their heap bytes; when it is full, {@link Kept} makes them drop the oldest. Safe from any thread.
 */
final class IdempotencyKeys {
    static final long LIFETIME_NANOS = 300_000_000_000L;

    /** The expired keys that one publish drops, in 0.1 ms at most; all may expire at once. */
    private static final int MAX_EXPIRED = 1024;

    /** A place in the map, a key, a first answer with its fingerprint and its outcome, without texts. */
    private static final long ENTRY_BYTES = HistoryLog.PLACE_BYTES
            + HeapBytes.object(2, 0)
            + HeapBytes.object(2, 8)
            + HeapBytes.object(0, 16)
            + HeapBytes.object(2, 0);

    /** Comparable, so that a map stays fast when a client chooses keys with equal hash codes. */
    private record Key(String channel, String key) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byKey = key.compareTo(other.key);
            return byKey == 0 ? channel.compareTo(other.channel) : byKey;
        }
    }

    private record First(Fingerprint fingerprint, PublishOutcome.Accepted answer, long nanos) {}

    private final Account account;

    @GuardedBy("this")
    private final Map<Key, First> firsts = new LinkedHashMap<>(); // oldest first

    @GuardedBy("this")
    private final TableBytes table = new TableBytes();

    private volatile long oldest = HistoryLogs.NONE;

    IdempotencyKeys(Account account) {
        this.account = account;
    }

    /**
     * {@code answer} itself if the key of {@code publication} is new on its channel; else the first answer, or
     * {@link PublishOutcome.KeyReused} if the key was used with another message.
     */
    PublishOutcome first(Publication publication, PublishOutcome.Accepted answer, long now) {
        String key = publication.idempotencyKey();
        if (key == null) {
            return answer;
        }
        Fingerprint fingerprint = Fingerprint.of(publication);
        First first = putIfAbsent(new Key(publication.channel(), key), new First(fingerprint, answer, now), now);
        if (first == null) {
            return answer;
        }
        return first.fingerprint.equals(fingerprint) ? first.answer : new PublishOutcome.KeyReused();
    }

    private synchronized @Nullable First putIfAbsent(Key key, First first, long now) {
        forgetExpired(now);
        First known = firsts.putIfAbsent(key, first);
        if (known != null && isExpired(known, now)) {
            firsts.remove(key); // so that the new one is the youngest
            account.add(-bytes(key, known));
            firsts.put(key, first);
            known = null;
        }
        if (known == null) {
            account.add(bytes(key, first) + table.grown(firsts.size()));
            tellOldest();
        }
        return known;
    }

    /**
     * The time when the oldest key was added, in the nanoseconds of the callers; {@link HistoryLogs#NONE} if there is
     * none.
     */
    long oldest() {
        return oldest;
    }

    /** Drops the oldest key. */
    synchronized void dropOldest() {
        Iterator<Map.Entry<Key, First>> oldestFirst = firsts.entrySet().iterator();
        if (oldestFirst.hasNext()) {
            forget(oldestFirst, oldestFirst.next());
            account.countRefusal();
            tellOldest();
        }
    }

    @GuardedBy("this")
    private void forgetExpired(long now) {
        Iterator<Map.Entry<Key, First>> oldestFirst = firsts.entrySet().iterator();
        for (int i = 0; i < MAX_EXPIRED && oldestFirst.hasNext(); i++) {
            Map.Entry<Key, First> entry = oldestFirst.next();
            if (!isExpired(entry.getValue(), now)) {
                return;
            }
            forget(oldestFirst, entry);
        }
    }

    private static boolean isExpired(First first, long now) {
        return now - first.nanos >= LIFETIME_NANOS;
    }

    @GuardedBy("this")
    private void forget(Iterator<Map.Entry<Key, First>> iterator, Map.Entry<Key, First> entry) {
        account.add(-bytes(entry.getKey(), entry.getValue()));
        iterator.remove();
    }

    @GuardedBy("this")
    private void tellOldest() {
        Iterator<First> oldestFirst = firsts.values().iterator();
        oldest = oldestFirst.hasNext() ? oldestFirst.next().nanos : HistoryLogs.NONE;
    }

    private static long bytes(Key key, First first) {
        return ENTRY_BYTES
                + HeapBytes.latin1(key.channel)
                + HeapBytes.latin1(key.key)
                + HeapBytes.latin1(first.answer.id())
                + HeapBytes.latin1(first.answer.createTime());
    }
}
