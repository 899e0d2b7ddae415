package dev.broadcaster.websocket;

import org.jspecify.annotations.Nullable;

/**
 * The items of an {@link OutQueue}, as a linked list, and their sizes. Removes the broadcasts of a channel without a walk
 * over all items. Owned by the connection's thread.
 */
final class OutItems {
    private @Nullable OutItem first;
    private @Nullable OutItem last;
    private @Nullable WaitingBroadcasts broadcasts; // null until the first call of removeAll
    private int broadcastsBytes; // counted for it
    private long bytes;
    private long overhead;
    private int largest;
    private long unsettled;

    @Nullable
    OutItem first() {
        return first;
    }

    /** The bytes of the frames. */
    long bytes() {
        return bytes;
    }

    /** The heap bytes besides those of the frames, as if no other connection held the items. */
    long overhead() {
        return overhead;
    }

    /** The bytes of the largest item that was ever added, with its overhead. */
    int largest() {
        return largest;
    }

    /** The growth of the held heap bytes since the last call. Items of several connections count once. */
    long settle() {
        long difference = unsettled;
        unsettled = 0;
        return difference;
    }

    /** Adds heap bytes that the next call of {@link #settle} reports. */
    void hold(int difference) {
        unsettled += difference;
    }

    void add(OutItem item) {
        OutItem before = last;
        if (before == null) {
            first = item;
        } else {
            before.next = item;
            item.previous = before;
        }
        last = item;
        count(item);
        if (broadcasts != null && item instanceof OutItem.Broadcast waits) {
            broadcasts.add(waits);
            countBroadcasts();
        }
    }

    /** Removes the first item, which has been written. */
    void removeFirst(OutItem item) {
        unlink(item);
        if (broadcasts != null && item instanceof OutItem.Broadcast written) {
            broadcasts.remove(written);
            countBroadcasts();
        }
    }

    /** Removes an item that is not a broadcast. */
    void remove(OutItem.Own item) {
        unlink(item);
    }

    /** Changes the frame of an item. */
    void replace(OutItem.Own item, byte[] frame) {
        uncount(item);
        item.frame(frame);
        count(item);
    }

    /** Removes the broadcasts of a channel, except {@code kept}, which is the first item; null to keep none. */
    void removeAll(String channel, @Nullable OutItem kept) {
        WaitingBroadcasts waiting = broadcasts();
        OutItem.Broadcast item = waiting.removeAll(channel);
        while (item != null) {
            OutItem.Broadcast newer = item.newer;
            if (item == kept) {
                waiting.add(item);
            } else {
                unlink(item);
            }
            item = newer;
        }
        countBroadcasts();
    }

    /** Removes all items except {@code kept}, which is the first; null to keep none. */
    void removeAll(@Nullable OutItem kept) {
        for (OutItem item = kept == null ? first : kept.next; item != null; item = item.next) {
            unlink(item);
        }
        broadcasts = null;
        countBroadcasts();
    }

    /** The broadcasts by channel. The first call walks all items. */
    private WaitingBroadcasts broadcasts() {
        WaitingBroadcasts made = broadcasts;
        if (made == null) {
            made = new WaitingBroadcasts();
            for (OutItem item = first; item != null; item = item.next) {
                if (item instanceof OutItem.Broadcast waits) {
                    made.add(waits);
                }
            }
            broadcasts = made;
        }
        return made;
    }

    private void countBroadcasts() {
        int now = broadcasts == null ? 0 : broadcasts.heapBytes();
        overhead += now - broadcastsBytes;
        unsettled += now - broadcastsBytes;
        broadcastsBytes = now;
    }

    private void count(OutItem item) {
        bytes += item.length();
        overhead += item.overhead();
        largest = Math.max(largest, item.length() + item.overhead());
        unsettled += item.hold();
    }

    private void uncount(OutItem item) {
        bytes -= item.length();
        overhead -= item.overhead();
        unsettled -= item.release();
    }

    private void unlink(OutItem item) {
        OutItem before = item.previous;
        OutItem after = item.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        uncount(item);
    }
}
