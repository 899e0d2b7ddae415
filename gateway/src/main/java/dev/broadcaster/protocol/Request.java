package dev.broadcaster.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A request of a client (PROTOCOL section 2).
 *
 * @param id the id as JSON, to be echoed exactly, or null for a notification
 * @param method the method's name, empty where missing
 * @param params the parameters; all missing where {@code params} is not an object
 * @param bytes how many bytes it came in
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Request(byte @Nullable [] id, String method, Params params, int bytes) {}
