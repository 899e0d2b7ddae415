package dev.broadcaster.load;

import dev.broadcaster.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import redis.embedded.RedisExecProvider;

/** A real Redis in a separate process, without persistence, on the loopback. */
final class Redis implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("port=(\\d+)(?=[\\s\\S]*Ready to accept connections)");

    private final ServerProcess process;

    private Redis(ServerProcess process) {
        this.process = process;
    }

    static Redis start() {
        try {
            String port = Integer.toString(freePort());
            String executable = RedisExecProvider.defaultProvider().get().getPath();
            List<String> command = List.of(executable, "--port", port, "--bind", "127.0.0.1", "--save", "");
            return new Redis(ServerProcess.start(command, Map.of(), Target.LOGS.resolve("redis.log"), LISTENING));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    String url() {
        return "redis://127.0.0.1:" + process.port();
    }

    @Override
    public void close() {
        process.close();
    }
}
