/**
 * The JSON of the wire contract in both directions: requests are scanned, responses and notifications are written. The
 * only package that uses Jackson; payloads pass through as bytes.
 */
@NullMarked
package dev.broadcaster.protocol;

import org.jspecify.annotations.NullMarked;
