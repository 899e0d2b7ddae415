/**
 * Holds what lies in {@code ops} to the node: the queries of rules and dashboards to its meters, the objects of Kubernetes
 * to its settings, ports and paths, the runbook to the alerts.
 */
@NullMarked
package dev.broadcaster.ops;

import org.jspecify.annotations.NullMarked;
