package dev.broadcaster.client;

import java.net.URI;

/**
 * Opens WebSockets. {@link HttpTransport} is the one that is used where none is given; an application on a platform
 * without {@code java.net.http} brings its own.
 */
public interface Transport {
    /**
     * Begins to open a socket, and does not wait for it. The listener is called by any thread, one call after the other;
     * a call may come before this method has returned.
     */
    Socket open(URI uri, Listener listener);

    /** A socket that opens or is open. Its methods are called by any thread, never block, and never throw. */
    interface Socket {
        /** Sends a text message after those before it. Does nothing on a socket that is closed. */
        void send(String text);

        /** Characters that were given to {@link #send} and are not on the network yet. */
        long waiting();

        /** False: no further message is to be read, for now. A few more may come. True: reading goes on. */
        void read(boolean on);

        /**
         * Sends what waits and a close frame, and lets go of the socket a second later if the peer does not answer.
         * Nothing is told to the listener after this.
         */
        void close(int code, String reason);

        /** Lets go of the socket at once. Nothing is told to the listener after this. */
        void abort();
    }

    /** What a socket tells. */
    interface Listener {
        /** The handshake has succeeded. */
        void onOpen();

        /** A whole text message. */
        void onText(String text);

        /** A message that no node sends: binary, or too large. */
        void onUnreadable(String what);

        /**
         * The socket is gone.
         *
         * @param code the code of the close frame, 1005 for a close frame without one, 1006 where there was none
         * @param reason the reason in the frame, or what failed
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
