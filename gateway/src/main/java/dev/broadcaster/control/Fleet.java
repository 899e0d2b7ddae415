package dev.broadcaster.control;

import dev.broadcaster.relay.RelayListener;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All nodes that serve the same clients. The implementations share one contract test.
 *
 * <p>Promises: when an outcome of {@link Question.Disconnect} with {@code revoke} is complete, no living node accepts a
 * token that it covers, until the token has expired. A node that was away learns every revocation before {@link #trouble}
 * is null again. All methods are safe from any thread and never block.
 */
public interface Fleet extends AutoCloseable {
    /** The longest time that a question waits for answers, in nanoseconds. */
    long PATIENCE_NANOS = 1_000_000_000L;

    /** The listener for the relay: it passes the messages for clients to {@code hub}. Called once, first. */
    default RelayListener listening(RelayListener hub) {
        return hub;
    }

    /** The clients of this node, before any question. */
    void start(Node node);

    /**
     * Asks every living node.
     *
     * @param callback called once, after {@link #PATIENCE_NANOS} at the latest, on any thread, possibly before this
     *     method returns; with null if nothing was done because there is no room for another revocation
     */
    void ask(Question question, Consumer<@Nullable Outcome> callback);

    /** The reason why this node may not know all revocations, for an operator; null if it does. */
    @Nullable
    String trouble();

    @Override
    void close();
}
