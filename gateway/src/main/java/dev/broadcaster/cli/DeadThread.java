package dev.broadcaster.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process when one of its threads dies: a node without an I/O thread or without its timer only looks live, and
 * a supervisor can start another. Needs no memory when none is left. Safe from any thread.
 */
final class DeadThread implements Thread.UncaughtExceptionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(DeadThread.class);

    private final FileOutputStream err = new FileOutputStream(FileDescriptor.err);
    private final byte[] lastWords = "broadcaster: a thread has died, stopping\n".getBytes(StandardCharsets.US_ASCII);

    @Override
    public void uncaughtException(Thread thread, Throwable failure) {
        try {
            err.write(lastWords);
            LOG.error("Thread {} has died", thread.getName(), failure);
        } catch (IOException e) {
            // stderr may be closed
        } finally {
            Runtime.getRuntime().halt(ExitCode.FAILED);
        }
    }
}
