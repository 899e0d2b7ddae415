package dev.broadcaster.fleet;

import static org.awaitility.Awaitility.await;

import dev.broadcaster.testing.ChildProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A HAProxy in front of one node, with the settings of {@code ops/haproxy} except for its addresses. */
final class HaProxy implements AutoCloseable {
    private static final Path SETTINGS = Path.of("..", "ops", "haproxy", "haproxy.cfg");

    private final Process process;
    private final int port;

    private HaProxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one that has found the node. Its files are in {@code directory}. */
    static HaProxy start(Path executable, int nodePort, Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path file = directory.resolve("haproxy.cfg");
        Files.writeString(file, settings(Files.readString(SETTINGS), port, nodePort));
        Process process = ChildProcess.spawn(new ProcessBuilder(executable.toString(), "-f", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("haproxy.log").toFile()));
        HaProxy proxy = new HaProxy(process, port);
        await("HAProxy with its node, " + directory)
                .atMost(Duration.ofSeconds(20))
                .until(proxy::isReady);
        return proxy;
    }

    private static String settings(String ofCompose, int port, int nodePort) {
        return ofCompose
                .replaceAll("(?s)resolvers docker\n.*?\n\n", "")
                .replaceAll("(?s)frontend statistics.*", "")
                .replaceAll("bind :8000", "bind 127.0.0.1:" + port)
                .replaceAll("server-template .*", "server gateway 127.0.0.1:" + nodePort);
    }

    private boolean isReady() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(2_000);
            socket.getOutputStream()
                    .write("GET /broadcaster/ready HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).endsWith("200");
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        ChildProcess.kill(process);
    }
}
