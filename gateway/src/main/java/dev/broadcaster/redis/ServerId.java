package dev.broadcaster.redis;

import org.jspecify.annotations.Nullable;

/** Names the process of Redis behind a connection, from what {@code INFO server} says. */
final class ServerId {
    private static final String RUN_ID = "run_id:";

    private ServerId() {}

    /** The process's own name, without spaces; null if it doesn't say. */
    static @Nullable String of(@Nullable String info) {
        int start = info == null ? -1 : info.indexOf(RUN_ID);
        if (info == null || start < 0) {
            return null;
        }
        int end = info.indexOf('\r', start);
        return info.substring(start + RUN_ID.length(), end < 0 ? info.length() : end)
                .strip();
    }
}
