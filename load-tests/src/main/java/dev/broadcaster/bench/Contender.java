package dev.broadcaster.bench;

import dev.broadcaster.process.Node;
import dev.broadcaster.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server that is measured.
 *
 * @param name the head of its column
 * @param isJvm true if it can be told to collect garbage
 * @param countsPerSubscription true if its {@code seq} is right for connections with several subscriptions
 * @param compression true if subscribers get compressed messages
 * @param starter starts one
 */
record Contender(
        String name,
        boolean isJvm,
        boolean countsPerSubscription,
        boolean compression,
        Supplier<ServerProcess> starter) {
    private static final Path LOGS = Path.of(System.getProperty("java.io.tmpdir"), "broadcaster-bench");

    /**
     * The client is one connection for many users, so the limit of requests is off; all other settings are the
     * defaults.
     */
    private static final Map<String, String> SETTINGS = Map.of("MAX_REQUEST_RATE", "0", "REDIS_URL", "");

    static Contender gateway() {
        return gateway("gateway", false);
    }

    static Contender compressingGateway() {
        return gateway("gateway, compressing", true);
    }

    private static Contender gateway(String name, boolean compression) {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("COMPRESSION", String.valueOf(compression));
        return new Contender(
                name, true, true, compression, () -> Node.start(List.of(), settings, LOGS.resolve("gateway.log")));
    }

    /** The loop in this program, or the executable that FLOOR names, which takes a port. */
    static Contender bare() {
        String executable = System.getenv("FLOOR");
        return executable == null || executable.isBlank() ? bareLoop() : floor(executable);
    }

    static Contender bareLoop() {
        List<String> command =
                List.of(ServerProcess.java(), "-cp", System.getProperty("java.class.path"), BareLoop.class.getName());
        Pattern listening = Pattern.compile(BareLoop.LISTENING);
        return new Contender(
                "bare loop",
                true,
                true,
                false,
                () -> ServerProcess.start(command, Map.of(), LOGS.resolve("bare-loop.log"), listening));
    }

    private static Contender floor(String executable) {
        return new Contender("floor", false, false, false, () -> {
            int port = freePort();
            List<String> command = List.of(executable, Integer.toString(port), "coalesce");
            return ServerProcess.startOn(port, command, LOGS.resolve("floor.log"));
        });
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ServerProcess start() {
        return starter.get();
    }

    /** Measures a workload on a new server; null if the server does not support it. */
    @Nullable
    Sample measure(Workload workload, Options options) throws IOException {
        if (workload.subscriptions() > 1 && !countsPerSubscription) {
            return null;
        }
        try (ServerProcess server = start();
                Load load = new Load(workload, server, compression)) {
            return load.run(options.warmUp(), options.window());
        }
    }
}
