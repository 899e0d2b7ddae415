package dev.broadcaster.websocket;

import dev.broadcaster.time.Fatal;
import dev.broadcaster.time.Time;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Visits the connections of a list, a few per turn of the I/O thread, so that messages need not wait for a long list.
 * Connections may end meanwhile; those that are added are visited too. Owned by the thread.
 */
final class ConnectionWalk {
    /** The connections of one turn: about 50 µs, when they have to be fetched into the cache of the processor. */
    static final int SLICE = 256;

    /**
     * The time after which a turn ends in any case: to close one connection with 1,000 subscriptions, or to list its
     * channels, takes 0.2 to 1 ms.
     */
    static final long SLICE_NANOS = 500_000;

    private final ConnectionList list;
    private final Consumer<Connection> visitor;
    private final Runnable end;
    private final Time time;
    private @Nullable Connection next;

    /**
     * A walk that has not begun.
     *
     * @param end called after the last connection
     */
    ConnectionWalk(ConnectionList list, Consumer<Connection> visitor, Runnable end, Time time) {
        this.list = list;
        this.visitor = visitor;
        this.end = end;
        this.time = time;
    }

    /** Visits the first connections. */
    void begin() {
        next = list.first();
        list.beginWalk(this);
        step();
    }

    /** {@code connection} is about to leave the list. */
    void onRemoved(Connection connection) {
        if (next == connection) {
            next = connection.next;
        }
    }

    private void step() {
        boolean goesOn = false;
        try {
            goesOn = visitSome();
        } finally {
            if (!goesOn) {
                list.endWalk(this);
                end.run();
            }
        }
        if (goesOn) {
            IoThreads.executeLater(Fatal.guarded(this::step));
        }
    }

    /** True if there are more. */
    private boolean visitSome() {
        long begun = time.nanos();
        for (int i = 0; i < SLICE && time.nanos() - begun <= SLICE_NANOS; i++) {
            Connection connection = next;
            if (connection == null) {
                return false;
            }
            next = connection.next;
            visitor.accept(connection);
        }
        return true;
    }
}
