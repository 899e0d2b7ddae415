package dev.broadcaster.client;

/** The events of the socket of one attempt, handled under the client's lock. After the attempt it does nothing. */
final class SocketEvents implements Transport.Listener {
    private final Loop loop;
    private final Connection connection;
    private final long attempt;

    SocketEvents(Loop loop, Connection connection, long attempt) {
        this.loop = loop;
        this.connection = connection;
        this.attempt = attempt;
    }

    private void on(Runnable work) {
        loop.later(() -> {
            if (attempt == connection.attempt()) {
                work.run();
            }
        });
    }

    @Override
    public void onOpen() {
        on(connection::onOpen);
    }

    @Override
    public void onText(String text) {
        on(() -> connection.onFrame(text));
    }

    @Override
    public void onUnreadable(String what) {
        on(() -> connection.violate(what));
    }

    @Override
    public void onClose(int code, String reason) {
        on(() -> connection.lose(code, reason));
    }

    @Override
    public void onRefused(int status, long retryAfterMillis) {
        on(() -> connection.onRefused(status, retryAfterMillis));
    }
}
