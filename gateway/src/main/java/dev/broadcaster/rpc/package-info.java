/**
 * The methods that a client can call, one class each, and the session that they act on. Requests of one connection are
 * handled and answered in order.
 */
@NullMarked
package dev.broadcaster.rpc;

import org.jspecify.annotations.NullMarked;
