/**
 * The meters of a node, and the only package that uses Micrometer. The counters in this package list everything that
 * can go wrong.
 */
@NullMarked
package dev.broadcaster.metrics;

import org.jspecify.annotations.NullMarked;
