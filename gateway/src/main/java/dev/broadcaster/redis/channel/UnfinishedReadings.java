package dev.broadcaster.redis.channel;

import dev.broadcaster.budget.Account;
import dev.broadcaster.budget.HeapBytes;
import dev.broadcaster.redis.link.HistoryReading;
import dev.broadcaster.redis.wire.Envelope;
import dev.broadcaster.redis.wire.HistoryPage;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Supplier;

/** Counts the messages of histories of which further pages are outstanding. Owned by the event loop. */
final class UnfinishedReadings {
    /** An entry, its envelope, and their places in lists. */
    private static final long ENTRY_BYTES = HeapBytes.object(1, 8) + HeapBytes.object(5, 9) + 8;

    private record Held(long bytes, Supplier<State> state) {}

    private final Account account;
    private final Map<HistoryReading, Held> readings = new HashMap<>();

    UnfinishedReadings(Account account) {
        this.account = account;
    }

    /** A page has arrived, and another one is outstanding. */
    void add(HistoryReading reading, HistoryPage page, Supplier<State> state) {
        long bytes = 0;
        for (HistoryPage.Entry entry : page.entries()) {
            bytes += bytes(entry.envelope());
        }
        account.add(bytes);
        Held before = readings.get(reading);
        readings.put(reading, new Held(before == null ? bytes : before.bytes + bytes, state));
    }

    private static long bytes(Envelope envelope) {
        return ENTRY_BYTES
                + HeapBytes.latin1(envelope.id())
                + HeapBytes.latin1(envelope.createTime())
                + HeapBytes.bytes(envelope.event().length)
                + HeapBytes.bytes(envelope.payload().length);
    }

    /** The last page has arrived. */
    void end(HistoryReading reading) {
        Held held = readings.remove(reading);
        if (held != null) {
            account.add(-held.bytes);
        }
    }

    /** Gives back the bytes of readings that no channel waits for any more. */
    void onTick() {
        for (Iterator<Map.Entry<HistoryReading, Held>> i = readings.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<HistoryReading, Held> each = i.next();
            if (each.getValue().state.get().reading() != each.getKey()) {
                i.remove();
                account.add(-each.getValue().bytes);
            }
        }
    }
}
