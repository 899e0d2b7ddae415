/** The clock, the timing wheel, and the end of a node that cannot continue ({@link dev.broadcaster.time.Fatal}). */
@NullMarked
package dev.broadcaster.time;

import org.jspecify.annotations.NullMarked;
