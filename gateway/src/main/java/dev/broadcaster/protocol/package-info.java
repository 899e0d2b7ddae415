/**
 * The JSON of the wire contract, both ways: requests are scanned, responses and notifications are written. The only
 * place that knows Jackson; payloads pass through as bytes.
 */
@NullMarked
package dev.broadcaster.protocol;

import org.jspecify.annotations.NullMarked;
