package dev.broadcaster.relay;

import dev.broadcaster.message.Publication;
import dev.broadcaster.time.Time;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The idempotency keys of the last five minutes with the first answer to each (PROTOCOL section 6), in memory: at most
 * {@value #MAX_KEYS}, the oldest go first. Safe from any thread.
 */
final class IdempotencyKeys {
    static final long LIFETIME_NANOS = 300_000_000_000L;
    static final int MAX_KEYS = 200_000;

    private record Key(String channel, String key) {}

    private record First(Fingerprint fingerprint, PublishOutcome.Accepted answer, long nanos) {}

    private final Time time;
    private final Map<Key, First> firsts = new LinkedHashMap<>(); // guarded by this; oldest first

    IdempotencyKeys(Time time) {
        this.time = time;
    }

    /**
     * {@code answer} itself if the key of {@code publication} is new on its channel; else the first answer, or
     * {@link PublishOutcome.KeyReused} if the key came with another message then.
     */
    PublishOutcome first(Publication publication, PublishOutcome.Accepted answer) {
        String key = publication.idempotencyKey();
        if (key == null) {
            return answer;
        }
        Fingerprint fingerprint = Fingerprint.of(publication);
        First first = putIfAbsent(new Key(publication.channel(), key), fingerprint, answer);
        if (first == null) {
            return answer;
        }
        return first.fingerprint.equals(fingerprint) ? first.answer : new PublishOutcome.KeyReused();
    }

    private synchronized @Nullable First putIfAbsent(Key key, Fingerprint fingerprint, PublishOutcome.Accepted answer) {
        long now = time.nanos();
        forgetOld(now);
        return firsts.putIfAbsent(key, new First(fingerprint, answer, now));
    }

    /** The lock is held. */
    private void forgetOld(long now) {
        Iterator<First> oldest = firsts.values().iterator();
        while (oldest.hasNext()) {
            First first = oldest.next();
            if (now - first.nanos < LIFETIME_NANOS && firsts.size() < MAX_KEYS) {
                return;
            }
            oldest.remove();
        }
    }
}
