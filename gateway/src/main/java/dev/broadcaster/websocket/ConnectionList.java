package dev.broadcaster.websocket;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections of one I/O thread that are open, the oldest first. Owned by the thread. */
final class ConnectionList {
    private @Nullable Connection first;
    private @Nullable Connection last;
    private int count;

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
    }

    /** Removes a connection that is in the list. */
    void remove(Connection connection) {
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
    }

    int openCount() {
        return count;
    }

    /** Calls {@code action} with the first {@code limit} connections; it may remove the one it is called with. */
    void forSome(int limit, Consumer<Connection> action) {
        Connection connection = first;
        for (int i = 0; i < limit && connection != null; i++) {
            Connection following = connection.next;
            action.accept(connection);
            connection = following;
        }
    }
}
