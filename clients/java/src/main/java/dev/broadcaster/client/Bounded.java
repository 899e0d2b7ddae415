package dev.broadcaster.client;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages that wait for a consumer: at most 1,000 or 4 Mi characters, and at least one. The oldest give way, and are
 * counted, where the owner does not keep the bounds itself. Not safe for use by several threads.
 */
final class Bounded {
    static final int MOST_MESSAGES = 1000;
    private static final long MOST_CHARACTERS = 4 * 1024 * 1024;

    private final ArrayDeque<Message> messages = new ArrayDeque<>();
    private long characters;
    private long lost;

    /** @param drop true if the oldest give way where there is no room */
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

    /** True if the next message may push one out. */
    boolean isFull() {
        return messages.size() >= MOST_MESSAGES || characters >= MOST_CHARACTERS;
    }

    boolean isHalfEmpty() {
        return messages.size() <= MOST_MESSAGES / 2 && characters <= MOST_CHARACTERS / 2;
    }

    /** How many gave way since this was last asked. */
    long takeLost() {
        long count = lost;
        lost = 0;
        return count;
    }
}
