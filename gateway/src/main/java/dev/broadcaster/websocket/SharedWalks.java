package dev.broadcaster.websocket;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/**
 * Acts on the connections of users. Each action needs a walk over all connections: one walk at a time, and actions that
 * come meanwhile share the next one. None is dropped. Safe from any thread.
 *
 * @param <C> a connection
 */
final class SharedWalks<C> {
    /** The actions of a walk; the cost of a turn grows with those on the same user. */
    static final int MAX_ACTIONS = 64;

    /** Visits all connections. */
    interface Walk<C> {
        /**
         * Begins a walk.
         *
         * @param visitor receives each connection with its user, on any thread
         * @param end to be called once, after the last connection
         */
        void begin(BiConsumer<C, String> visitor, Runnable end);
    }

    private record Action<C>(String user, ToIntFunction<C> action, AtomicInteger sum, IntConsumer callback) {}

    private final Walk<C> walk;

    @GuardedBy("this")
    private final Queue<Action<C>> waiting = new ArrayDeque<>();

    @GuardedBy("this")
    private boolean walking;

    SharedWalks(Walk<C> walk) {
        this.walk = walk;
    }

    /** Passes the sum of {@code action} over the connections of {@code user} to {@code callback}. */
    void act(String user, ToIntFunction<C> action, IntConsumer callback) {
        synchronized (this) {
            waiting.add(new Action<>(user, action, new AtomicInteger(), callback));
            if (walking) {
                return;
            }
            walking = true;
        }
        walkForNext();
    }

    private void walkForNext() {
        List<Action<C>> actions = next();
        if (actions.isEmpty()) {
            return;
        }
        Map<String, List<Action<C>>> byUser = new HashMap<>();
        actions.forEach(
                it -> byUser.computeIfAbsent(it.user, user -> new ArrayList<>()).add(it));
        walk.begin(
                (connection, user) -> {
                    for (Action<C> it : byUser.getOrDefault(user, List.of())) {
                        it.sum.addAndGet(it.action.applyAsInt(connection));
                    }
                },
                () -> {
                    walkForNext();
                    actions.forEach(it -> it.callback.accept(it.sum.get()));
                });
    }

    private synchronized List<Action<C>> next() {
        List<Action<C>> next = new ArrayList<>();
        while (next.size() < MAX_ACTIONS && !waiting.isEmpty()) {
            next.add(waiting.remove());
        }
        walking = !next.isEmpty();
        return next;
    }
}
