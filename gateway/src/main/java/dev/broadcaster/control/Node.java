package dev.broadcaster.control;

import java.util.function.Consumer;

/** The clients of this node. Safe from any thread; never blocks. */
public interface Node {
    /**
     * Answers a question about the clients of this node, and does what it asks. A revocation must be known to the
     * verifier of tokens before.
     *
     * @param callback called once, on any thread, possibly before this method returns; never for a question that waits
     *     for longer than {@link Fleet#PATIENCE_NANOS}
     */
    void answer(Question question, Consumer<Answer> callback);

    /** Closes every connection whose token is covered by a revocation. Revocations must be known before. */
    void closeRevoked();
}
