package dev.broadcaster.websocket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The platform's selector, with an array in the place of its set of selected keys. That set is a hash table that never
 * shrinks: after one moment in which thousands of connections were ready, every later look at it walks thousands of empty
 * places, for each message.
 *
 * <p>The set holds what the last selection found, no more: who has not looked by then finds a channel that is still ready in
 * the next. Keys name the platform's selector as theirs.
 *
 * <p>{@link #selectNow} asks the platform only once the keys are looked at. XNIO calls it for each connection that it closes,
 * and never looks: with thousands that close together, each would pay for asking about all the others.
 */
final class ArraySelector extends AbstractSelector {
    private final Selector platform;
    private final SelectedKeys selected = new SelectedKeys();
    private boolean toSelectNow; // owned by the thread that selects, as the keys are

    ArraySelector(ArraySelectorProvider provider, Selector platform) {
        super(provider);
        this.platform = platform;
    }

    @Override
    public int select() throws IOException {
        forget();
        return platform.select(selected);
    }

    @Override
    public int select(long timeoutMillis) throws IOException {
        forget();
        return platform.select(selected, timeoutMillis);
    }

    /** Always 0: what is ready is not known before {@link #selectedKeys} is called. */
    @Override
    public int selectNow() {
        forget();
        toSelectNow = true;
        return 0;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        if (toSelectNow) {
            toSelectNow = false;
            try {
                platform.selectNow(selected);
            } catch (IOException e) {
                forget(); // the next selection fails too, and says so
            }
        }
        return selected;
    }

    private void forget() {
        toSelectNow = false;
        selected.clear();
    }

    @Override
    public Set<SelectionKey> keys() {
        return platform.keys();
    }

    @Override
    public Selector wakeup() {
        platform.wakeup();
        return this;
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
        try {
            return channel.register(platform, operations, attachment);
        } catch (ClosedChannelException e) {
            throw new UncheckedIOException(e); // by another thread, since it began to register
        }
    }

    @Override
    protected void implCloseSelector() throws IOException {
        platform.close();
    }

    /** Each key once, because one selection finds each once. For the thread that selects. */
    private static final class SelectedKeys extends AbstractSet<SelectionKey> implements Consumer<SelectionKey> {
        private SelectionKey[] keys = new SelectionKey[16];
        private int size;

        @Override
        public void accept(SelectionKey key) {
            if (size == keys.length) {
                keys = Arrays.copyOf(keys, 2 * size);
            }
            keys[size++] = key;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public void clear() {
            Arrays.fill(keys, 0, size, null);
            size = 0;
        }

        @Override
        public Iterator<SelectionKey> iterator() {
            return Arrays.asList(keys).subList(0, size).iterator();
        }

        @Override
        public <T> T[] toArray(T[] array) {
            T[] filled = array.length < size ? Arrays.copyOf(array, size) : array;
            System.arraycopy(keys, 0, filled, 0, size);
            if (size < filled.length) {
                filled[size] = null;
            }
            return filled;
        }
    }
}
