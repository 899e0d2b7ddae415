package dev.broadcaster.control;

/**
 * The result of a {@link Question} to all nodes.
 *
 * @param answer the sum of the answers
 * @param nodes the number of nodes that have answered
 * @param complete true if every living node has answered, completely
 */
public record Outcome(Answer answer, int nodes, boolean complete) {}
