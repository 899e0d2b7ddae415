package dev.broadcaster.bench;

import java.io.IOException;

/** A connection that publishes. */
interface Publisher {
    /** True if it can send at all. */
    boolean isReady();

    /** The number of unanswered publishes. */
    int unanswered();

    void publish(int number, int channel, byte[] payload) throws IOException;
}
