/**
 * The clock, the one timing wheel, and the end of a node that can't go on ({@link dev.broadcaster.time.Fatal}). Everything
 * that waits is an entry of the wheel; nothing else in the gateway owns a scheduler.
 */
@NullMarked
package dev.broadcaster.time;

import org.jspecify.annotations.NullMarked;
