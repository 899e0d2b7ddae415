package dev.broadcaster.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Tells the listeners of a client its events and errors, in its callbacks. Safe for use by any thread. */
final class ClientListeners {
    private static final System.Logger LOG = System.getLogger("dev.broadcaster.client");

    private final List<ClientListener> listeners;

    ClientListeners(List<ClientListener> first) {
        this.listeners = new CopyOnWriteArrayList<>(first);
    }

    Registration add(ClientListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
        return () -> listeners.remove(listener);
    }

    /** Adds the callback of an event. An exception of a listener is an error, and stops no other listener. */
    void fire(Loop loop, Consumer<ClientListener> event) {
        loop.callbacks.add(() -> {
            for (ClientListener listener : listeners) {
                try {
                    event.accept(listener);
                } catch (Throwable e) {
                    report(loop, e);
                }
            }
        });
    }

    /** Reports an error that is returned to no caller: without listeners in the log. */
    void report(Loop loop, Throwable error) {
        loop.emit(() -> {
            var told = new ArrayList<>(listeners);
            if (told.isEmpty()) {
                LOG.log(System.Logger.Level.WARNING, "", error);
            }
            for (ClientListener listener : told) {
                try {
                    listener.onError(error);
                } catch (Throwable e) {
                    LOG.log(System.Logger.Level.WARNING, "an error listener has thrown", e);
                }
            }
        });
    }
}
