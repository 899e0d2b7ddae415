package dev.broadcaster.protocol;

import org.jspecify.annotations.Nullable;

/** Compresses the constant end of a broadcast, for clients whose transport allows it. */
public interface Deflation {
    /** The bytes as complete deflate blocks without references to earlier data; null if they would not be shorter. */
    byte @Nullable [] deflate(byte[] bytes);
}
