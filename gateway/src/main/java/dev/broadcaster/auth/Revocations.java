package dev.broadcaster.auth;

import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The revocations that this node knows, by user. A revocation is final: it is kept until the longest token has expired.
 * When there is no room for another one, it is refused; no earlier one is dropped. Safe from any thread; never blocks.
 */
public final class Revocations {
    /** The longest life of tokens that a revocation outlives. */
    public static final Duration MAX_LIFE = Duration.ofDays(30);

    /** The bytes that revocations by calls may take; revocations that other nodes accepted are always kept. */
    static final long MAX_BYTES = 64L << 20;

    /** The time between two searches for expired ones by calls that find no room. */
    private static final long SEARCH_NANOS = 1_000_000_000L;

    /** The heap bytes of a revocation without its texts: an entry of the map, its place in the table, the record. */
    private static final long ENTRY_BYTES = HeapBytes.object(3, 4) + 8 + HeapBytes.object(1, 16);

    private final Time time;
    private final long keepMillis;
    private final Map<String, Revocation> byUser = new ConcurrentHashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong nextSearchNanos;

    /**
     * No revocations.
     *
     * @param life the longest life of a token
     */
    public Revocations(Time time, Duration life) {
        this.time = time;
        this.keepMillis = life.toMillis() + 2 * TokenVerifier.LEEWAY_MILLIS;
        this.nextSearchNanos = new AtomicLong(time.nanos());
    }

    /**
     * Revokes every token of {@code user} that was issued until now.
     *
     * @return the revocation in force; null if there is no room for it
     */
    public @Nullable Revocation revoke(String user, String reason) {
        long now = time.epochMillis();
        Revocation revocation = new Revocation(now, now + keepMillis, reason);
        if (!byUser.containsKey(user) && bytes.get() + bytes(user, revocation) > MAX_BYTES) {
            makeRoom();
            if (bytes.get() + bytes(user, revocation) > MAX_BYTES) {
                return null;
            }
        }
        add(user, revocation);
        return byUser.getOrDefault(user, revocation);
    }

    /** Forgets the expired ones, which visits all; seldom, because every refused call would visit them. */
    private void makeRoom() {
        long now = time.nanos();
        long next = nextSearchNanos.get();
        if (now - next >= 0 && nextSearchNanos.compareAndSet(next, now + SEARCH_NANOS)) {
            expire();
        }
    }

    /** Adds a revocation that another node has accepted; true if it revokes more than what is known. */
    public boolean add(String user, Revocation revocation) {
        if (revocation.untilMillis() <= time.epochMillis()) {
            return false;
        }
        boolean[] isNew = {false};
        byUser.compute(user, (name, known) -> {
            isNew[0] = known == null || known.beforeMillis() < revocation.beforeMillis();
            if (!isNew[0]) {
                return known;
            }
            bytes.addAndGet(bytes(name, revocation) - (known == null ? 0 : bytes(name, known)));
            return revocation;
        });
        return isNew[0];
    }

    /** The revocation that covers the token of {@code identity}; null if there is none. */
    public @Nullable Revocation covering(Identity identity) {
        if (byUser.isEmpty()) {
            return null;
        }
        Revocation revocation = byUser.get(identity.subject());
        return revocation != null && revocation.covers(identity) ? revocation : null;
    }

    /** All revocations, by user; a live view that cannot be changed. */
    public Map<String, Revocation> all() {
        return Collections.unmodifiableMap(byUser);
    }

    /** The time for which a revocation is kept, in milliseconds. */
    public long keepMillis() {
        return keepMillis;
    }

    /** The number of revocations. */
    public int count() {
        return byUser.size();
    }

    /** The heap bytes that they take, approximately. */
    public long heldBytes() {
        return bytes.get();
    }

    /** Forgets the revocations whose tokens have all expired. */
    public void expire() {
        long now = time.epochMillis();
        byUser.forEach((user, revocation) -> {
            if (revocation.untilMillis() <= now && byUser.remove(user, revocation)) {
                bytes.addAndGet(-bytes(user, revocation));
            }
        });
    }

    private static long bytes(String user, Revocation revocation) {
        return ENTRY_BYTES + HeapBytes.latin1(user) + HeapBytes.latin1(revocation.reason());
    }
}
