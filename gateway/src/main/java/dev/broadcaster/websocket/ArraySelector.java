package dev.broadcaster.websocket;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.util.AbstractSet;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;

/**
 * Wraps the JDK's selector, with an array in place of its set of selected keys. That set is a hash table that never
 * shrinks: after one moment in which thousands of connections were ready, every later iteration walks thousands of
 * empty slots, for each message.
 *
 * <p>{@link #selectedKeys} has the keys of the latest select only. A channel whose key was not handled, and that is
 * still ready, is reported again by the next one. Each {@link ArraySelectorKey} wraps a key of the JDK.
 *
 * <p>{@link #selectNow} is deferred until the keys are read. XNIO calls it for each connection that it closes, and
 * ignores the keys: when thousands close together, each call would examine all the others. After {@value #MAX_DEFERRED}
 * calls it selects nevertheless, because the closed channels keep their file descriptors and their memory until then.
 *
 * <p>XNIO selects only when a thread has no task left, and tasks that add new tasks can prevent this permanently.
 * Therefore the number of selects of a thread can be read, and a task can be run after the next select. Turns of
 * connections that have more input are run after a select, too, but only for {@value #TURNS_MILLIS} ms: however many
 * connections send without end, the others are served after this time.
 */
final class ArraySelector extends AbstractSelector {
    private static final int MAX_DEFERRED = 64;
    private static final int TURNS_MILLIS = 2;
    private static final long TURNS_NANOS = TURNS_MILLIS * 1_000_000L;
    private static final ThreadLocal<ArraySelector> CURRENT = new ThreadLocal<>();

    private final Selector platform;
    private final SelectedKeys selected = new SelectedKeys();
    private boolean toSelectNow; // owned by the thread that selects, as the keys are
    private int deferred; // selects since the last real one; owned as well
    private int selections; // owned as well
    private final Queue<Runnable> putOff = new ArrayDeque<>(); // until after the next select; owned as well
    private final Queue<Runnable> turns = new ArrayDeque<>(); // of connections; owned as well
    private int turnsLeft; // until the next select, if there is time; owned as well
    private long turnsEndNanos; // owned as well

    ArraySelector(ArraySelectorProvider provider, Selector platform) {
        super(provider);
        this.platform = platform;
    }

    /** The selector of the current thread; null if the thread has not selected yet. */
    static @Nullable ArraySelector current() {
        return CURRENT.get();
    }

    /** The number of times that its thread has selected and then handled the ready keys. On that thread. */
    int selections() {
        return selections;
    }

    /**
     * Runs {@code task} on the current I/O thread when it has selected again and handled the ready keys; that select
     * does not wait for a key to be ready.
     */
    static void executeLater(Runnable task) {
        ArraySelector selector = CURRENT.get();
        if (selector == null) {
            XnioIoThread.requireCurrentThread()
                    .execute(task); // it has not selected yet, or another selector is configured
        } else {
            selector.putOff.add(task);
        }
    }

    /**
     * Like {@link #executeLater}, for the next turn of a connection that has more input: it waits for the turns that
     * were requested before, and for as many selects as these need.
     */
    static void executeInTurn(Runnable turn) {
        ArraySelector selector = CURRENT.get();
        if (selector == null) {
            executeLater(turn);
        } else {
            selector.turns.add(turn);
        }
    }

    @Override
    public int select() throws IOException {
        onSelection();
        return isIdle() ? platform.select(selected) : selectAtOnce();
    }

    @Override
    public int select(long timeoutMillis) throws IOException {
        onSelection();
        return isIdle() ? platform.select(selected, timeoutMillis) : selectAtOnce();
    }

    private boolean isIdle() {
        return putOff.isEmpty() && turns.isEmpty();
    }

    private void onSelection() {
        forget();
        deferred = 0;
        if (selections++ == 0) {
            CURRENT.set(this);
        }
    }

    private int selectAtOnce() throws IOException {
        int count = platform.selectNow(selected);
        for (Runnable task = putOff.poll(); task != null; task = putOff.poll()) {
            execute(task); // XNIO handles the ready keys first
        }
        if (!turns.isEmpty()) {
            execute(this::beginTurns);
        }
        return count;
    }

    private void execute(Runnable task) {
        try {
            XnioIoThread.requireCurrentThread().execute(task);
        } catch (RejectedExecutionException e) {
            putOff.clear(); // the thread ends
            turns.clear();
        }
    }

    private void beginTurns() {
        turnsLeft = turns.size();
        turnsEndNanos = System.nanoTime() + TURNS_NANOS;
        takeTurn();
    }

    /** Runs a turn, and the next one after the tasks that wait now: the turn of an HTTP connection is such a task. */
    private void takeTurn() {
        Runnable turn = turns.poll();
        if (turn == null) {
            return;
        }
        turnsLeft--;
        turn.run();
        if (turnsLeft > 0 && System.nanoTime() - turnsEndNanos < 0) {
            execute(this::takeTurn);
        }
    }

    /** Always 0: the ready keys are not known before {@link #selectedKeys} is called. */
    @Override
    public int selectNow() throws IOException {
        forget();
        if (++deferred >= MAX_DEFERRED) {
            deferred = 0;
            platform.selectNow(selected);
            selected.clear(); // reading the keys selects again
        }
        toSelectNow = true;
        return 0;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        if (toSelectNow) {
            toSelectNow = false;
            onSelection();
            try {
                selectAtOnce();
            } catch (IOException e) {
                forget(); // the next select fails too, and reports it
            }
        }
        return selected;
    }

    private void forget() {
        toSelectNow = false;
        selected.clear();
        Set<SelectionKey> cancelled = cancelledKeys(); // onCancelled has done everything
        synchronized (cancelled) {
            if (!cancelled.isEmpty()) {
                cancelled.clear();
            }
        }
    }

    @Override
    public Set<SelectionKey> keys() {
        return platform.keys().stream().map(ArraySelector::own).collect(Collectors.toUnmodifiableSet());
    }

    private static ArraySelectorKey own(SelectionKey platformKey) {
        return (ArraySelectorKey) platformKey.attachment();
    }

    /**
     * Removes a cancelled key from its channel, and cancels the JDK's key. Any thread; a second call changes nothing.
     */
    void onCancelled(ArraySelectorKey key, SelectionKey platformKey) {
        deregister(key);
        platformKey.cancel();
    }

    @Override
    public Selector wakeup() {
        platform.wakeup();
        return this;
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int operations, Object attachment) {
        ArraySelectorKey key = new ArraySelectorKey(this);
        key.attach(attachment);
        try {
            SelectionKey platformKey = channel.register(platform, 0, key);
            key.setPlatform(platformKey);
            platformKey.interestOps(operations); // not before: it may be selected at once
            return key;
        } catch (ClosedChannelException e) {
            throw new UncheckedIOException(e); // by another thread, since it began to register
        }
    }

    @Override
    protected void implCloseSelector() throws IOException {
        for (SelectionKey key : platform.keys()) {
            deregister(own(key));
        }
        platform.close();
    }

    /** Each key once, because one select finds each once. For the thread that selects. */
    private static final class SelectedKeys extends AbstractSet<SelectionKey> implements Consumer<SelectionKey> {
        private SelectionKey[] keys = new SelectionKey[16];
        private int size;

        @Override
        public void accept(SelectionKey key) {
            if (size == keys.length) {
                keys = Arrays.copyOf(keys, 2 * size);
            }
            keys[size++] = own(key);
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
