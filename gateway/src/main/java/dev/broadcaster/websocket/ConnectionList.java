package dev.broadcaster.websocket;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Open connections of one I/O thread, the oldest first; the total over all threads is safe from any thread. Owned by the thread. */
final class ConnectionList {
    private final AtomicInteger total;
    private final ConnectionList authenticated;
    private @Nullable Connection first;
    private @Nullable Connection last;
    private final List<ConnectionWalk> walks = new ArrayList<>(1); // in progress
    private int count;

    /** A list for connections that may have authenticated. */
    ConnectionList() {
        this.total = new AtomicInteger();
        this.authenticated = this;
    }

    /**
     * A list for connections that have not authenticated.
     *
     * @param total counts them, together with those of other lists
     * @param authenticated the list for those that have authenticated
     */
    ConnectionList(AtomicInteger total, ConnectionList authenticated) {
        this.total = total;
        this.authenticated = authenticated;
    }

    /** The list for the connections of this one after they have authenticated. */
    ConnectionList authenticated() {
        return authenticated;
    }

    /** The oldest, or null. */
    @Nullable
    Connection first() {
        return first;
    }

    void add(Connection connection) {
        Connection before = last;
        connection.previous = before;
        if (before == null) {
            first = connection;
        } else {
            before.next = connection;
        }
        last = connection;
        count++;
        total.incrementAndGet();
    }

    /** Removes a connection that is in the list. */
    void remove(Connection connection) {
        for (int i = 0; i < walks.size(); i++) {
            walks.get(i).onRemoved(connection);
        }
        Connection before = connection.previous;
        Connection after = connection.next;
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
        connection.previous = null;
        connection.next = null;
        count--;
        total.decrementAndGet();
    }

    /** Tells {@code walk} the connections that are removed, until {@link #endWalk}. */
    void beginWalk(ConnectionWalk walk) {
        walks.add(walk);
    }

    void endWalk(ConnectionWalk walk) {
        walks.remove(walk);
    }

    int openCount() {
        return count;
    }

    /** Calls {@code action} with the first {@code limit} connections; it may remove its argument. */
    void forSome(int limit, Consumer<Connection> action) {
        Connection connection = first;
        for (int i = 0; i < limit && connection != null; i++) {
            Connection following = connection.next;
            action.accept(connection);
            connection = following;
        }
    }
}
