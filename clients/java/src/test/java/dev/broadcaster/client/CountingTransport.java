package dev.broadcaster.client;

import java.net.URI;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** Counts what goes over sockets, to know when there is nothing more to wait for; and can keep what comes from being read. */
final class CountingTransport implements Transport {
    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger arriving = new AtomicInteger();
    /** Held while the process is to seem asleep. */
    final ReentrantLock gate = new ReentrantLock();

    private final Set<CountedSocket> sockets = ConcurrentHashMap.newKeySet();
    private final HttpTransport http = new HttpTransport(HttpTransport.sharedHttp());

    int open() {
        return http.open();
    }

    long waiting() {
        return sockets.stream().mapToLong(Socket::waiting).max().orElse(0);
    }

    /**
     * Waits until what the nodes have sent has been read. Where a node is silent, up to 0.3 s, once: its answer may come
     * whenever it likes.
     */
    void drain() {
        for (CountedSocket each : sockets) {
            if (each.opened && !each.closed && (each.trip == null || each.trip.isDone())) {
                each.trip = ((HttpSocket) each.socket).roundTrip();
                try {
                    each.trip.get(300, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    // Silent.
                } catch (InterruptedException | ExecutionException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    @Override
    public Socket open(URI uri, Listener listener) {
        made.incrementAndGet();
        return new CountedSocket(uri, listener);
    }

    private void arrive(Runnable event, boolean counts) {
        arriving.incrementAndGet();
        try {
            gate.lock();
            try {
                // Nothing is read while the process sleeps.
            } finally {
                gate.unlock();
            }
            event.run();
            if (counts) {
                received.incrementAndGet();
            }
        } finally {
            arriving.decrementAndGet();
        }
    }

    /** Waits until what is being read has been counted. */
    void awaitCounts() {
        while (arriving.get() > 0) {
            Thread.onSpinWait();
        }
    }

    private final class CountedSocket implements Socket, Listener {
        private final Listener listener;
        private volatile Socket socket;
        private volatile boolean opened;
        private volatile boolean closed;
        private CompletableFuture<Void> trip;

        CountedSocket(URI uri, Listener listener) {
            this.listener = listener;
            sockets.add(this);
            this.socket = http.open(uri, this);
        }

        @Override
        public void onOpen() {
            opened = true;
            arrive(listener::onOpen, true);
        }

        @Override
        public void onText(String text) {
            arrive(() -> listener.onText(text), true);
        }

        @Override
        public void onUnreadable(String what) {
            arrive(() -> listener.onUnreadable(what), true);
        }

        @Override
        public void onClose(int code, String reason) {
            // The end of an old socket is no answer to what a new one has sent.
            arrive(() -> listener.onClose(code, reason), !opened);
            closed = true;
            sockets.remove(this);
        }

        @Override
        public void onRefused(int status, long retryAfterMillis) {
            arrive(() -> listener.onRefused(status, retryAfterMillis), true);
            closed = true;
            sockets.remove(this);
        }

        @Override
        public void send(String text) {
            sent.incrementAndGet();
            socket.send(text);
        }

        @Override
        public long waiting() {
            return socket == null ? 0 : socket.waiting();
        }

        @Override
        public void read(boolean on) {
            socket.read(on);
        }

        @Override
        public void close(int code, String reason) {
            closed = true;
            sockets.remove(this);
            socket.close(code, reason);
        }

        @Override
        public void abort() {
            closed = true;
            sockets.remove(this);
            socket.abort();
        }
    }
}
