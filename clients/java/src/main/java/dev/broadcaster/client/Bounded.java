package dev.broadcaster.client;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages that wait for a consumer: at most 1,000 or 4 Mi characters, and at least one. If the owner does not keep
 * these limits itself, the oldest are dropped and counted. Not safe for use by several threads.
 */
final class Bounded {
    static final int MOST_MESSAGES = 1000;
    private static final long MOST_CHARACTERS = 4 * 1024 * 1024;

    private final ArrayDeque<Message> messages = new ArrayDeque<>();
    private long characters;
    private long lost;

    /**
     * @param drop true to drop the oldest when there is no room
     */
    void add(Message message, boolean drop) {
        messages.add(message);
        characters += message.size();
        if (drop) {
            dropOldest();
        }
    }

    private void dropOldest() {
        while (messages.size() > 1 && (messages.size() > MOST_MESSAGES || characters > MOST_CHARACTERS)) {
            if (poll() != null) {
                lost++;
            }
        }
    }

    @Nullable
    Message poll() {
        Message message = messages.poll();
        if (message != null) {
            characters -= message.size();
        }
        return message;
    }

    boolean isEmpty() {
        return messages.isEmpty();
    }

    /** True if the next message may displace one. */
    boolean isFull() {
        return messages.size() >= MOST_MESSAGES || characters >= MOST_CHARACTERS;
    }

    boolean isHalfEmpty() {
        return messages.size() <= MOST_MESSAGES / 2 && characters <= MOST_CHARACTERS / 2;
    }

    /** The number of messages that were dropped since the last call. */
    long takeLost() {
        long count = lost;
        lost = 0;
        return count;
    }
}
