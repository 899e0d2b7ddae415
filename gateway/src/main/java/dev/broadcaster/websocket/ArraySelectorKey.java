package dev.broadcaster.websocket;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;
import org.jspecify.annotations.Nullable;

/**
 * A key of an {@link ArraySelector}. It wraps the JDK's key, whose attachment it is, and has the {@link ArraySelector}
 * as its selector. Safe from any thread, like every {@link SelectionKey}.
 */
final class ArraySelectorKey extends AbstractSelectionKey {
    private final ArraySelector selector;
    /** Null only until {@link ArraySelector#register} returns; the key is not selected before. */
    private volatile @Nullable SelectionKey platform;

    ArraySelectorKey(ArraySelector selector) {
        this.selector = selector;
    }

    void setPlatform(SelectionKey key) {
        platform = key;
    }

    private SelectionKey platform() {
        SelectionKey key = platform;
        if (key == null) {
            throw new IllegalStateException("not registered yet");
        }
        return key;
    }

    /**
     * The selector. The JDK also calls this inside {@link #cancel}, which is final, when the key has just become
     * invalid. The key then leaves its channel at once: a closed channel releases its descriptor only when the JDK's
     * selector deregisters it and no other key is left, and this may happen on its own thread at any later time.
     */
    @Override
    public Selector selector() {
        if (!isValid()) {
            selector.onCancelled(this, platform());
        }
        return selector;
    }

    @Override
    public SelectableChannel channel() {
        return platform().channel();
    }

    @Override
    public int interestOps() {
        return platform().interestOps();
    }

    @Override
    public SelectionKey interestOps(int operations) {
        platform().interestOps(operations);
        return this;
    }

    @Override
    public int readyOps() {
        return platform().readyOps();
    }
}
