package dev.broadcaster.auth.keys;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** The source of key sets. */
interface KeySetServer {
    /**
     * Fetches a key set. Safe from any thread; does not block.
     *
     * @return the body of the response; or a failure with an {@link java.io.IOException}, whose message may be logged
     */
    CompletableFuture<byte[]> fetch(URI address);
}
