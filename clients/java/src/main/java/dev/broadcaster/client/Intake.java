package dev.broadcaster.client;

/**
 * Takes the frames of the connection: replies, notifications, and frames that break the protocol. Stops the reading of
 * the socket while callbacks are far behind. Guarded by the client's lock.
 */
final class Intake {
    private static final int MOST_SHOWN = 200;

    private final Loop loop;
    private final Connection connection;
    private final ConnectionOwner owner;
    /** True while the socket is not read. */
    private boolean paused;

    Intake(Loop loop, Connection connection, ConnectionOwner owner) {
        this.loop = loop;
        this.connection = connection;
        this.owner = owner;
        loop.callbacks.onRoom(() -> loop.enter(this::resume));
    }

    boolean isReading() {
        return !paused;
    }

    /** The socket is gone: the next one is read. */
    void reset() {
        paused = false;
    }

    void take(String text) {
        try {
            JsonObject frame = JsonObject.parse(text);
            if (frame.json("method") != null) {
                owner.onNotification(frame.requiredString("method"), frame);
            } else if (!connection.calls().settle(frame)) {
                connection.report(new BroadcasterException.ProtocolViolation("unasked: " + shortened(text)));
            }
        } catch (Malformed e) {
            connection.violate(e.getMessage() + ": " + shortened(text));
        }
        if (!paused && loop.callbacks.isFull() && connection.socket().read(false)) {
            paused = true;
        }
    }

    private static String shortened(String text) {
        return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text;
    }

    private void resume() {
        if (paused && !loop.callbacks.isFull()) {
            paused = false;
            connection.onFrameRead();
            var unused = connection.socket().read(true);
        }
    }
}
