package dev.broadcaster.protocol;

import org.jspecify.annotations.Nullable;

/** Makes the constant end of a broadcast shorter, as the transport of some clients allows. */
public interface Deflation {
    /** The bytes as whole deflate blocks that refer to nothing before them; null where that does not pay. */
    byte @Nullable [] deflate(byte[] bytes);
}
