package dev.broadcaster.websocket;

import dev.broadcaster.hub.Hub;
import dev.broadcaster.hub.ShardThread;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioIoThread;
import org.xnio.XnioWorker;

/**
 * The I/O threads of the node, each with its shard, and the threads of the management port: it answers while the others
 * are busy. They outlive the listeners: stopping Undertow must not cut connections during a drain.
 */
public final class IoThreads implements AutoCloseable {
    /**
     * The send buffer of the kernel for one connection (it doubles the figure). By default it grows to megabytes, and
     * hides a slow reader.
     */
    public static final int SEND_BUFFER_BYTES = 64 * 1024;

    private final XnioWorker worker;
    private final XnioWorker managementWorker;
    private final List<IoThread> threads = new ArrayList<>();

    /**
     * Starts the threads.
     *
     * @param count their number, at most {@link Hub#MAX_SHARDS}; 0 = one per two processors up to that limit, because
     *     the kernel's network code needs the others
     */
    public IoThreads(int count, WebSocketConfig config) throws IOException {
        int threadCount = count > 0 ? count : defaultCount(Runtime.getRuntime().availableProcessors());
        ArraySelectorProvider.install();
        this.worker = worker("broadcaster", threadCount);
        this.managementWorker = worker("broadcaster-management", 1);
        for (int i = 0; i < threadCount; i++) {
            threads.add(new IoThread(worker.getIoThread(i), config.maxMessageBytes()));
        }
    }

    private static XnioWorker worker(String name, int threadCount) throws IOException {
        return Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_NAME, name)
                        .set(Options.WORKER_IO_THREADS, threadCount)
                        .set(Options.WORKER_TASK_CORE_THREADS, 1)
                        .set(Options.WORKER_TASK_MAX_THREADS, 1)
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
    }

    private static int defaultCount(int processors) {
        return Math.min(Hub.MAX_SHARDS, (processors + 1) / 2);
    }

    /** The number of threads. */
    public int count() {
        return threads.size();
    }

    /** The threads in the order of their numbers. */
    List<IoThread> threads() {
        return threads;
    }

    /** The threads for the hub. */
    public List<? extends ShardThread> shardThreads() {
        return threads;
    }

    /**
     * The number of times that the calling I/O thread has selected its ready sockets; constant until it selects again.
     * 0 on any other thread.
     */
    public static int selections() {
        ArraySelector selector = ArraySelector.current();
        return selector == null ? 0 : selector.selections();
    }

    /** Runs {@code task} on the calling I/O thread when it has handled its ready sockets. */
    public static void executeLater(Runnable task) {
        ArraySelector.executeLater(task);
    }

    /**
     * Runs the next turn of a connection that has more input, on the calling I/O thread. All turns together get a short
     * time after each select, so a connection that needs no second turn is served soon, however many do.
     */
    public static void executeInTurn(Runnable turn) {
        ArraySelector.executeInTurn(turn);
    }

    /** Runs {@code task} after the current task of the calling I/O thread; at once on any other thread. */
    public static void executeAfterwards(Runnable task) {
        XnioIoThread current = XnioIoThread.currentThread();
        if (current == null) {
            task.run();
            return;
        }
        try {
            current.execute(task);
        } catch (RejectedExecutionException e) {
            task.run(); // the thread ends
        }
    }

    /** The worker for the public port. */
    public XnioWorker worker() {
        return worker;
    }

    /** The worker for the management port: one I/O thread, and one for scrapes. */
    public XnioWorker managementWorker() {
        return managementWorker;
    }

    /** Ends the threads and cuts the remaining connections. */
    @Override
    public void close() {
        worker.shutdownNow();
        managementWorker.shutdownNow();
        try {
            if (worker.awaitTermination(2, TimeUnit.SECONDS)) {
                threads.forEach(IoThread::close);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
