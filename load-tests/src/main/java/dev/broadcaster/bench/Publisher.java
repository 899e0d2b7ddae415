package dev.broadcaster.bench;

import java.io.IOException;

/** A connection that publishes. */
interface Publisher {
    /** Whether it can send at all. */
    boolean isReady();

    /** How many publishes have no answer yet. */
    int unanswered();

    void publish(int number, int channel, byte[] payload) throws IOException;
}
