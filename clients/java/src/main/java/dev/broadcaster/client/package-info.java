/**
 * The client of the Broadcaster gateway: one connection that is made again when it is lost, subscriptions that recover, and
 * publishes that each end once. Start at {@link dev.broadcaster.client.BroadcasterClient}.
 */
@NullMarked
package dev.broadcaster.client;

import org.jspecify.annotations.NullMarked;
