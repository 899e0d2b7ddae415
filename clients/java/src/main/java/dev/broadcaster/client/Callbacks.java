package dev.broadcaster.client;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs the callbacks of a client on its executor, one after the other, in the order in which they were added. Callbacks are
 * added by any thread, also under the client's lock, and start when {@link #start} is called without it.
 */
final class Callbacks {
    /** The number of callbacks in one task of the executor; then other clients on the same executor have their turn. */
    private static final int BATCH = 256;
    /** The number that may wait before the socket is no longer read. */
    private static final int MOST_WAITING = 1000;

    private static final long MOST_CHARACTERS = 4 * 1024 * 1024;
    /** The limit is this many times higher while a callback waits for a reply, which arrives on the same socket. */
    private static final int WHILE_WAITING = 8;

    private final Executor executor;
    private final Consumer<Throwable> onThrown;

    /** Guarded by this. */
    private final ArrayDeque<Callback> queue = new ArrayDeque<>();
    /** Tasks that run in parallel with the callbacks. Guarded by this. */
    private final ArrayDeque<Runnable> beside = new ArrayDeque<>();
    /** Of the callbacks that wait. Guarded by this. */
    private long characters;
    /** True while a task of the executor runs or is about to. Guarded by this. */
    private boolean running;
    /** True while that task has not begun. Guarded by this. */
    private boolean scheduled;
    /** True from the moment when too much waits until half of it is handled. Guarded by this. */
    private boolean full;
    /** True while the running callback waits for a future of this client. Guarded by this. */
    private boolean blocked;
    /** Called without a lock when {@link #isFull} has become false. Set once, before the first callback. */
    private Runnable onRoom = () -> {};
    /** The thread that runs a callback now. Written by that thread. */
    private volatile @Nullable Thread thread;

    private record Callback(Runnable run, int characters) {}

    Callbacks(Executor executor, Consumer<Throwable> onThrown) {
        this.executor = executor;
        this.onThrown = onThrown;
    }

    void onRoom(Runnable run) {
        onRoom = run;
    }

    void add(Runnable run) {
        add(run, 0);
    }

    /** Adds a callback that holds this number of characters. */
    synchronized void add(Runnable run, int size) {
        queue.add(new Callback(run, size));
        characters += size;
        full |= over(MOST_WAITING, MOST_CHARACTERS);
    }

    /**
     * Adds a task that runs on the executor in parallel with the callbacks: it may block, and no callback waits for it.
     */
    synchronized void addBeside(Runnable task) {
        beside.add(task);
    }

    private boolean over(int most, long mostCharacters) {
        int times = blocked ? WHILE_WAITING : 1;
        return queue.size() > most * times || characters > mostCharacters * times;
    }

    /** True if so much waits that no more should be read. */
    synchronized boolean isFull() {
        return full;
    }

    /** True in a callback. */
    boolean isCurrentThread() {
        return thread == Thread.currentThread();
    }

    /** Starts the added callbacks. Not to be called with a lock. */
    void start() {
        for (Runnable task; (task = nextBeside()) != null; ) {
            execute(executor, task);
        }
        synchronized (this) {
            // A task that has not begun when its executor is shut down may never do so.
            if (queue.isEmpty() || (running && !(scheduled && isShutDown()))) {
                return;
            }
            running = true;
            scheduled = true;
        }
        execute(executor, this::run);
    }

    private boolean isShutDown() {
        return executor instanceof ExecutorService service && service.isShutdown();
    }

    private synchronized @Nullable Runnable nextBeside() {
        return beside.poll();
    }

    /**
     * Runs a task on an executor, or on the shared threads if the executor was shut down or fails, so that a client in use
     * continues.
     */
    static void execute(Executor executor, Runnable task) {
        try {
            executor.execute(task);
        } catch (RuntimeException e) {
            SharedThreads.EXECUTOR.execute(task);
        }
    }

    private void run() {
        synchronized (this) {
            if (!scheduled) {
                return; // Begun by another task, because the executor was shut down.
            }
            scheduled = false;
        }
        Thread outer = thread;
        thread = Thread.currentThread();
        try {
            for (int i = 0; i < BATCH; i++) {
                Callback callback = take();
                if (callback == null) {
                    return;
                }
                run(callback.run);
            }
        } finally {
            thread = outer;
        }
        synchronized (this) {
            scheduled = true;
        }
        execute(executor, this::run);
    }

    private void run(Runnable callback) {
        try {
            callback.run();
        } catch (Throwable e) {
            onThrown.accept(e);
        }
    }

    private @Nullable Callback take() {
        Callback callback;
        boolean room;
        synchronized (this) {
            callback = queue.poll();
            if (callback == null) {
                running = false;
                return null;
            }
            characters -= callback.characters;
            room = hasRoomAgain();
        }
        if (room) {
            onRoom.run();
        }
        return callback;
    }

    private boolean hasRoomAgain() {
        boolean room = full && !over(MOST_WAITING / 2, MOST_CHARACTERS / 2);
        full &= !room;
        return room;
    }

    /**
     * The running callback waits for a future, or no longer does: the reply has to be read, even behind other messages.
     */
    void blocked(boolean now) {
        boolean room;
        synchronized (this) {
            blocked = now;
            room = hasRoomAgain();
            full |= over(MOST_WAITING, MOST_CHARACTERS);
        }
        if (room) {
            onRoom.run();
        }
    }
}
