package dev.broadcaster.http;

import dev.broadcaster.budget.Account;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.metrics.Refusal;
import dev.broadcaster.time.Time;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;

/**
 * The HTTP connections of one listener: their number, and the bytes that they hold before a request is handled. When
 * there are too many, the one that has been silent for the longest time is closed for the new one, first among those
 * that never had an API key; a request with a key is never interrupted. Bytes that a busy thread has not read are read
 * first: a connection that has some is not silent. Safe from any thread.
 */
final class HttpSockets {
    /** The number of connections that are read to find a silent one; if there is none, the new one is closed. */
    static final int MAX_READ = 64;

    private final int limit;
    private final IntSupplier webSockets;
    private final Account input;
    private final Metrics metrics;
    private final AtomicInteger open = new AtomicInteger();
    // By number of the I/O thread, each owned by its thread: the heads of two rings.
    private final HttpSocket[] strangers;
    private final HttpSocket[] keyHolders;
    private final IdleTimeout[] idle; // by number of the I/O thread
    private final boolean[] makesRoom; // like strangers; reading a connection may open it again, behind a PROXY header

    /**
     * Connections on the threads of {@code worker}.
     *
     * @param limit the largest number of connections, those of {@code webSockets} included; 0 = no limit
     * @param webSockets the number of WebSocket connections of the listener
     * @param input counts the bytes of unfinished request heads
     * @param idleTimeout the time after which a connection without a request is closed
     */
    HttpSockets(
            int limit,
            IntSupplier webSockets,
            Account input,
            XnioWorker worker,
            Duration idleTimeout,
            Time time,
            Metrics metrics) {
        this.limit = limit;
        this.webSockets = webSockets;
        this.input = input;
        this.metrics = metrics;
        this.strangers = rings(worker.getIoThreadCount());
        this.keyHolders = rings(worker.getIoThreadCount());
        this.makesRoom = new boolean[worker.getIoThreadCount()];
        this.idle = new IdleTimeout[worker.getIoThreadCount()];
        for (int i = 0; i < idle.length; i++) {
            idle[i] = new IdleTimeout(worker.getIoThread(i), List.of(strangers[i], keyHolders[i]), idleTimeout, time);
        }
    }

    private static HttpSocket[] rings(int count) {
        HttpSocket[] rings = new HttpSocket[count];
        for (int i = 0; i < count; i++) {
            rings[i] = new HttpSocket();
        }
        return rings;
    }

    /** The number of open HTTP connections. */
    int count() {
        return open.get();
    }

    /** Adds a connection that was just accepted; it is closed if there is no room. On its I/O thread. */
    HttpSocket open(StreamConnection connection) {
        int thread = connection.getIoThread().getNumber();
        HttpSocket socket = new HttpSocket(this, connection, strangers[thread], keyHolders[thread]);
        open.incrementAndGet();
        socket.onActive();
        if (isFull() && !makesRoom[thread]) {
            makesRoom[thread] = true;
            try {
                makeRoom(socket, strangers[thread], keyHolders[thread]);
            } finally {
                makesRoom[thread] = false;
            }
        }
        return socket;
    }

    private boolean isFull() {
        return limit > 0 && open.get() + webSockets.getAsInt() > limit;
    }

    /** Closes the connection that has been silent for the longest time, or {@code newest} if all others are busy. */
    private void makeRoom(HttpSocket newest, HttpSocket ofStrangers, HttpSocket ofKeyHolders) {
        HttpSocket longest = longestSilent(newest, ofStrangers, ofKeyHolders);
        for (int i = 0; longest != newest && !longest.isSilent(); i++) {
            if (!isFull()) {
                return; // it had left
            }
            longest = i < MAX_READ ? longestSilent(newest, ofStrangers, ofKeyHolders) : newest;
        }
        metrics.countRefusal(Refusal.HTTP_CONNECTIONS);
        longest.close();
    }

    /** The first of both rings before {@code newest}, as far as their bytes have been read. */
    private static HttpSocket longestSilent(HttpSocket newest, HttpSocket ofStrangers, HttpSocket ofKeyHolders) {
        HttpSocket first = ofStrangers.following();
        return first == newest && !ofKeyHolders.isAlone() ? ofKeyHolders.following() : first;
    }

    /** A connection of the calling I/O thread, which has this number, waits for a request. Returns the time. */
    long onWaiting(int thread) {
        return idle[thread].onWaiting();
    }

    /** A connection has closed, or has switched to another protocol. */
    void onEnd() {
        open.decrementAndGet();
    }

    /**
     * Takes {@code bytes} for a connection that holds {@code held} already, of the half of the account that strangers
     * may fill. True if they were taken.
     */
    boolean hold(long held, long bytes) {
        if (input.take(held, bytes, input.limit() / 2)) {
            return true;
        }
        metrics.countRefusal(Refusal.UNFINISHED_HEADS);
        input.countRefusal();
        return false;
    }

    void countRefusal(Refusal reason) {
        metrics.countRefusal(reason);
    }

    void release(long bytes) {
        input.add(-bytes);
    }
}
