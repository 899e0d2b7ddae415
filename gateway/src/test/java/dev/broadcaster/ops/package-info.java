/**
 * Compares the files in {@code ops} with the node: the queries of rules and dashboards with its meters, the objects of
 * Kubernetes with its settings, ports and paths, the runbook with the alerts.
 */
@NullMarked
package dev.broadcaster.ops;

import org.jspecify.annotations.NullMarked;
