package dev.broadcaster.auth.keys;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** Where key sets come from. */
interface KeySetServer {
    /**
     * Fetches a key set. Any thread may call; does not block.
     *
     * @return the body of the answer; or a failure with an {@link java.io.IOException}, whose message is fit for a log
     */
    CompletableFuture<byte[]> fetch(URI address);
}
