package dev.broadcaster.http;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A port on which a node cannot listen. */
public final class ListenException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    private final boolean management;

    ListenException(boolean management, IOException cause) {
        super(cause);
        this.management = management;
    }

    /** True for the port of the management listener, false for the public one. */
    public boolean isManagement() {
        return management;
    }
}
