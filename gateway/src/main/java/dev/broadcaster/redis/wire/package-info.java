/**
 * The data that the relay stores in Redis and sends through it: names of keys and topics, envelopes, counters, pages of
 * histories. Pure values: no connection, no clock, no library.
 */
@NullMarked
package dev.broadcaster.redis.wire;

import org.jspecify.annotations.NullMarked;
