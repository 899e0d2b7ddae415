package dev.broadcaster.fleet;

import dev.broadcaster.testing.JarProcess;
import dev.broadcaster.testing.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * An archive of the classes that a node of a fleet loads, so that the many nodes of the tests start with half of the
 * CPU. Made once per jar and JVM, by the first test process that needs it; a JVM that cannot use it starts without it.
 */
final class SharedClasses {
    private static final Duration END_LIMIT = Duration.ofSeconds(60);
    private static final Path ARCHIVE = make();

    private SharedClasses() {}

    /** The option that makes a JVM use it. */
    static String option() {
        return "-XX:SharedArchiveFile=" + ARCHIVE;
    }

    private static Path make() {
        try {
            String build = Runtime.version() + "-"
                    + Files.getLastModifiedTime(JarProcess.JAR).toMillis();
            Path archive = Path.of("target", "nodes-" + build + ".jsa").toAbsolutePath();
            if (!Files.exists(archive)) {
                // Under a temporary name until it is complete, because other test processes may run.
                Path part = Path.of(archive + "." + ProcessHandle.current().pid());
                record(part);
                Files.move(part, archive, StandardCopyOption.ATOMIC_MOVE);
            }
            return archive;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a node with a Redis for a publish; its JVM writes the archive when it ends. */
    private static void record(Path archive) {
        try (RedisServer redis = RedisServer.start();
                NodeProcess node = NodeProcess.start(
                        Map.of("REDIS_URL", redis.url(), "DRAIN_TIMEOUT", "1s"),
                        GatewayNode.jvmOptions("-XX:ArchiveClassesAtExit=" + archive))) {
            node.publish("archive", "made", "1");
            node.signal("TERM");
            node.awaitExit(END_LIMIT);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
