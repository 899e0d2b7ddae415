/**
 * What a node counts and measures, and the only place that knows Micrometer. The lists of counters here are the lists
 * of what can go wrong.
 */
@NullMarked
package dev.broadcaster.metrics;

import org.jspecify.annotations.NullMarked;
