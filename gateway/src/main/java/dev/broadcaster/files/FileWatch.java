package dev.broadcaster.files;

import dev.broadcaster.metrics.SecretMetrics;
import dev.broadcaster.metrics.SecretMetrics.Outcome;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Loads changed files while the node runs. Their contents are read every second: mounted secrets change behind a
 * symbolic link, and file times are unreliable. A change counts when it was read the same twice, so that a file that is
 * being written is not loaded in part. Contents that cannot be used change nothing: the previous ones stay in use, the
 * reason is reported once, and the meters show it until the contents are valid again.
 *
 * <p>Reading may block, so a watch has its own thread.
 */
public final class FileWatch implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 1_000;

    /**
     * Reads the contents of one or more files.
     *
     * @param <C> compared with {@code equals}
     */
    public interface Reading<C> {
        /**
         * The current contents.
         *
         * @throws IOException if a file cannot be read; its message is reported
         */
        C read() throws IOException;
    }

    /** Uses changed contents. */
    public interface Use<C> {
        /**
         * Called when the contents have changed.
         *
         * @throws IOException if they are invalid; its message is reported
         */
        void use(C changed, C before) throws IOException;
    }

    private final List<Watched<?>> watched = new ArrayList<>(); // owned by the thread when it runs
    private final Thread thread;
    private volatile boolean closed;

    /**
     * A watch of nothing yet.
     *
     * @param name the name of its thread
     */
    public FileWatch(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /**
     * Adds contents to watch, before the start.
     *
     * @param used the contents in use
     * @param onProblem called by the thread with the reason when the contents cannot be used, once per reason
     */
    public <C> void add(C used, Reading<C> reading, Use<C> use, Consumer<String> onProblem, SecretMetrics metrics) {
        watched.add(new Watched<>(used, reading, use, onProblem, metrics));
    }

    /** Starts to read, if there is something to watch. */
    public void start() {
        if (!watched.isEmpty()) {
            thread.start();
        }
    }

    private void run() {
        try {
            while (!closed) {
                Thread.sleep(INTERVAL_MILLIS);
                look();
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Reads everything once. Called by the thread, or by a test that has not started it. */
    public void look() {
        watched.forEach(Watched::look);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private static final class Watched<C> {
        private final Reading<C> reading;
        private final Use<C> use;
        private final Consumer<String> onProblem;
        private final SecretMetrics metrics;
        private C used;
        private C seen; // at the last reading
        private String problem = ""; // the one that was reported

        Watched(C used, Reading<C> reading, Use<C> use, Consumer<String> onProblem, SecretMetrics metrics) {
            this.used = used;
            this.seen = used;
            this.reading = reading;
            this.use = use;
            this.onProblem = onProblem;
            this.metrics = metrics;
        }

        void look() {
            C contents;
            try {
                contents = reading.read();
            } catch (IOException | RuntimeException e) {
                report(Outcome.UNREADABLE, e);
                return;
            }
            boolean settled = contents.equals(seen);
            seen = contents;
            if (!settled) {
                return;
            }
            if (!contents.equals(used)) {
                try {
                    use.use(contents, used);
                } catch (IOException | RuntimeException e) {
                    report(Outcome.INVALID, e);
                    return;
                }
                used = contents;
                metrics.countReload(Outcome.LOADED);
            }
            problem = "";
            metrics.stale(false);
        }

        private void report(Outcome outcome, Exception e) {
            // The message of a file system error is the name of the file.
            String text = e instanceof FileSystemException
                    ? e.getClass().getSimpleName() + ": " + e.getMessage()
                    : String.valueOf(e.getMessage());
            if (!text.equals(problem)) {
                problem = text;
                metrics.countReload(outcome);
                onProblem.accept(text);
            }
            metrics.stale(true);
        }
    }
}
