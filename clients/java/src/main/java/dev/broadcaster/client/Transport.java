package dev.broadcaster.client;

import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Opens WebSockets. {@link HttpTransport} is the default; an application on a platform without {@code java.net.http}
 * provides its own.
 */
public interface Transport {
    /**
     * Starts to open a socket, without waiting for it. The listener is called by any thread, one call after the other;
     * a call may happen before this method has returned.
     */
    Socket open(URI uri, Listener listener);

    /** A socket that opens or is open. Its methods are called by any thread, never block, and never throw. */
    interface Socket {
        /** Sends a text message after the earlier ones. Does nothing on a closed socket. */
        void send(String text);

        /** Characters that were given to {@link #send} and are not on the network yet. */
        long waiting();

        /** False: no further message should be read for now; a few more may arrive. True: reading continues. */
        void read(boolean on);

        /**
         * Sends the waiting messages and a close frame, and releases the socket a second later if the peer does not
         * answer. The listener is not called after this.
         */
        void close(int code, String reason);

        /** Releases the socket at once. The listener is not called after this. */
        void abort();

        /** Completes when the socket is released; has completed if the transport does not know. Never fails. */
        default CompletionStage<?> released() {
            return CompletableFuture.completedStage(null);
        }
    }

    /** Receives the events of a socket. */
    interface Listener {
        /** The handshake has succeeded. */
        void onOpen();

        /** A complete text message. */
        void onText(String text);

        /** A message that no node sends: binary, or too large. */
        void onUnreadable(String what);

        /**
         * The socket has ended.
         *
         * @param code the code of the close frame, 1005 for a close frame without one, 1006 without a close frame
         * @param reason the reason in the frame, or the failure
         */
        void onClose(int code, String reason);

        /**
         * The handshake was answered with an HTTP status that is not 101.
         *
         * @param retryAfterMillis the header {@code Retry-After}, or 0
         */
        void onRefused(int status, long retryAfterMillis);
    }
}
