package dev.broadcaster.fleet;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.time.Time;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/**
 * A wall clock that is wrong by an amount that the test sets, and can jump; and, as a program, a node with that clock:
 * the unchanged gateway with other clocks. A test writes the difference into a file, and the node reads it every few
 * milliseconds.
 */
final class WrongClock implements AutoCloseable {
    private static final String FILE = "WRONG_CLOCK_FILE";
    private static final int LOOK_MILLIS = 10;

    private static volatile long offMillis;

    private final Path file;

    /** A clock that is right so far. */
    WrongClock() {
        try {
            file = Files.createTempFile("clock-", ".millis");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        jumpTo(Duration.ZERO);
    }

    /** Sets the clock ahead by this time; returns when every node with this clock knows. */
    void jumpTo(Duration ahead) {
        try {
            Path written = Files.createTempFile("clock-", ".next");
            Files.writeString(written, Long.toString(ahead.toMillis()));
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Fleet.sleep(0.1);
    }

    Map<String, String> addTo(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put(FILE, file.toString());
        return all;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a node until it is killed. */
    public static void main(String[] arguments) throws Exception {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.INFO);
        Path file = Path.of(System.getenv(FILE));
        Gateway gateway = Gateway.start(GatewayConfig.parse(System.getenv()), new Time() {
            @Override
            public long nanos() {
                return SYSTEM.nanos();
            }

            @Override
            public long epochMillis() {
                return SYSTEM.epochMillis() + offMillis;
            }
        });
        System.out.printf(
                "listens on 127.0.0.1:%d/broadcaster, management on 127.0.0.1:%d%n",
                gateway.port(), gateway.managementPort());
        while (Files.exists(file)) {
            offMillis = Long.parseLong(Files.readString(file));
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        gateway.close();
    }
}
