/**
 * The clock and the one timing wheel. Everything that waits is an entry of the wheel; nothing else in the gateway owns a
 * scheduler.
 */
@NullMarked
package dev.broadcaster.time;

import org.jspecify.annotations.NullMarked;
