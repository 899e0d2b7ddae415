/**
 * Undertow: the listeners, the handshake, the REST endpoints, health, metrics and documents. After the upgrade this
 * package no longer handles a connection.
 */
@NullMarked
package dev.broadcaster.http;

import org.jspecify.annotations.NullMarked;
