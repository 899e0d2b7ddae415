package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The subscribers of a handle. With {@link SubscribeOptions.Overflow#PAUSE} the channel pauses while one of them is full.
 * Owned by the callbacks.
 */
final class Readers {
    private final SubscribeOptions.Overflow overflow;
    /** Receives true when a subscriber is full, false when all have room. */
    private final Consumer<Boolean> pause;

    private final List<Reader> all = new ArrayList<>();

    Readers(SubscribeOptions.Overflow overflow, Consumer<Boolean> pause) {
        this.overflow = overflow;
        this.pause = pause;
    }

    void begin(Reader reader) {
        all.add(reader);
        reader.begin();
    }

    void deliver(Message message) {
        for (Reader reader : List.copyOf(all)) {
            boolean full = reader.add(message, overflow == SubscribeOptions.Overflow.GAP);
            if (full && overflow == SubscribeOptions.Overflow.PAUSE) {
                pause.accept(true);
            }
        }
    }

    /** A subscriber has taken messages. */
    void onRead() {
        if (all.stream().allMatch(Reader::hasRoom)) {
            pause.accept(false);
        }
    }

    void remove(Reader reader) {
        all.remove(reader);
        onRead();
    }

    /** No subscriber gets more; {@code error}: the reason, or null when the handle or the client was closed. */
    void end(@Nullable BroadcasterException error) {
        var ended = List.copyOf(all);
        all.clear();
        ended.forEach(reader -> reader.end(error));
    }
}
