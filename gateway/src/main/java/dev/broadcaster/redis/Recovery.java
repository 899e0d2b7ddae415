package dev.broadcaster.redis;

import dev.broadcaster.message.HistoryId;
import dev.broadcaster.relay.RecoverCallback;

/**
 * A client that waits for what came after a message.
 *
 * @param lastSeen that message
 * @param deadline when it is told that it can't have it
 */
record Recovery(HistoryId lastSeen, RecoverCallback callback, long deadline) {}
