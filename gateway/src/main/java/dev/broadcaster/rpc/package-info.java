/**
 * The methods that a client can call, one class each, and the session that they change. Requests of one connection are
 * answered in order.
 */
@NullMarked
package dev.broadcaster.rpc;

import org.jspecify.annotations.NullMarked;
