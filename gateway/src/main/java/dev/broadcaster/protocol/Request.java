package dev.broadcaster.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A request of a client (PROTOCOL section 2).
 *
 * @param id the id as JSON, to be echoed exactly, or null for a notification
 * @param method the method's name, empty if missing
 * @param params the parameters; all missing if {@code params} is not an object
 * @param bytes the size of the request
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
public record Request(byte @Nullable [] id, String method, Params params, int bytes) {}
