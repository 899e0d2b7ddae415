package dev.broadcaster.http;

import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Suspends the reads of a socket only when bytes arrive meanwhile. Undertow suspends them while a request waits for its
 * response, and most clients send nothing in that time: each suspension and each resumption would cost an
 * {@code epoll_ctl}. Owned by the connection's I/O thread.
 */
final class LazyReads extends AbstractStreamSourceConduit<StreamSourceConduit> implements ReadReadyHandler {
    private ReadReadyHandler handler;
    private boolean resumed; // for the user of this conduit
    private boolean socketResumed;

    /**
     * Reads from {@code socket}, the innermost conduit, whose reads have not been resumed.
     *
     * @param handler gets the events of the socket
     */
    LazyReads(StreamSourceConduit socket, ReadReadyHandler handler) {
        super(socket);
        this.handler = handler;
        socket.setReadReadyHandler(this);
    }

    /** The socket, in the state that it would have without this conduit. */
    StreamSourceConduit remove() {
        next.setReadReadyHandler(handler);
        if (socketResumed && !resumed) {
            next.suspendReads();
        }
        return next;
    }

    @Override
    public void suspendReads() {
        resumed = false;
    }

    @Override
    public void resumeReads() {
        resumed = true;
        if (!socketResumed) {
            socketResumed = true;
            next.resumeReads();
        }
    }

    @Override
    public void wakeupReads() {
        resumed = true;
        socketResumed = true;
        next.wakeupReads();
    }

    @Override
    public boolean isReadResumed() {
        return resumed;
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler newHandler) {
        handler = newHandler;
    }

    @Override
    public void readReady() {
        if (resumed) {
            handler.readReady();
        } else {
            socketResumed = false;
            next.suspendReads();
        }
    }

    @Override
    public void forceTermination() {
        handler.forceTermination();
    }

    @Override
    public void terminated() {
        handler.terminated();
    }
}
