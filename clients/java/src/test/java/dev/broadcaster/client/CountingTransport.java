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
import java.util.regex.Pattern;

/** Knows what nodes have not answered yet, so that a test can wait for it; and can keep what comes from being read. */
final class CountingTransport implements Transport {
    private static final Pattern ID = Pattern.compile("\"id\":(\"[^\"]*\"|\\d+)");
    private static final Pattern REQUEST_ID = Pattern.compile("\"requestId\":(\"[^\"]*\"|\\d+)");
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
        return new CountedSocket(uri, listener);
    }

    private void arrive(Runnable event) {
        arriving.incrementAndGet();
        try {
            gate.lock();
            try {
                // Nothing is read while the process sleeps.
            } finally {
                gate.unlock();
            }
            event.run();
        } finally {
            arriving.decrementAndGet();
        }
    }

    /** Waits until what is being read has been handed over. */
    void awaitArrivals() {
        while (arriving.get() > 0) {
            Thread.onSpinWait();
        }
    }

    /** Whether a socket is to open, or a request to be answered. */
    boolean isDue() {
        return sockets.stream().anyMatch(each -> !each.due.isEmpty());
    }

    /** What is due does not come any more. */
    void expectNothing() {
        sockets.forEach(each -> each.due.clear());
    }

    private static String id(Pattern pattern, String text) {
        var matcher = pattern.matcher(text).region(0, Math.min(text.length(), 100));
        return matcher.find() ? matcher.group(1) : "";
    }

    private final class CountedSocket implements Socket, Listener {
        private final Listener listener;
        private volatile Socket socket;
        private volatile boolean opened;
        private volatile boolean closed;
        private CompletableFuture<Void> trip;
        /** What the node has not done yet: {@code open}, and the ids of the requests that it has to answer. */
        private final Set<String> due = ConcurrentHashMap.newKeySet();

        CountedSocket(URI uri, Listener listener) {
            this.listener = listener;
            due.add("open");
            sockets.add(this);
            this.socket = http.open(uri, this);
        }

        @Override
        public void onOpen() {
            opened = true;
            arrive(listener::onOpen);
            due.remove("open");
        }

        @Override
        public void onText(String text) {
            arrive(() -> listener.onText(text));
            due.remove(id(REQUEST_ID, text));
        }

        @Override
        public void onUnreadable(String what) {
            arrive(() -> listener.onUnreadable(what));
        }

        @Override
        public void onClose(int code, String reason) {
            arrive(() -> listener.onClose(code, reason));
            closed = true;
            sockets.remove(this);
        }

        @Override
        public void onRefused(int status, long retryAfterMillis) {
            arrive(() -> listener.onRefused(status, retryAfterMillis));
            closed = true;
            sockets.remove(this);
        }

        @Override
        public void send(String text) {
            due.add(id(ID, text));
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
