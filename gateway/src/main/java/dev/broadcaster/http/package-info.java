/**
 * Undertow: the listeners, the handshake, the REST endpoints, health, metrics and documents. After the upgrade a
 * connection leaves this package for good.
 */
@NullMarked
package dev.broadcaster.http;

import org.jspecify.annotations.NullMarked;
