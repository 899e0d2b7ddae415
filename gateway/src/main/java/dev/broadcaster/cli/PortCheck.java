package dev.broadcaster.cli;

import dev.broadcaster.Setting;
import dev.broadcaster.http.HttpConfig;
import dev.broadcaster.redis.link.Finding;
import dev.broadcaster.redis.link.Finding.Level;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import picocli.CommandLine.TypeConversionException;

/** Tries to listen where a node would, for a moment. The ports of a node that runs on this machine are taken. */
final class PortCheck {
    private static final int TIMEOUT_MILLIS = 5_000;
    private static final int MOST_BYTES = 100;

    private final HttpConfig http;
    private final Consumer<Finding> report;

    PortCheck(HttpConfig http, Consumer<Finding> report) {
        this.http = http;
        this.report = report;
    }

    /** Tries the public port and the management port; a port of 0 is always free. */
    void run() {
        run(false, http.host(), http.port());
        run(true, http.managementHost(), http.managementPort());
    }

    private void run(boolean isManagement, String host, int port) {
        if (port == 0) {
            return;
        }
        String about = (isManagement ? Setting.MANAGEMENT_PORT : Setting.PORT).name();
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            report.accept(new Finding(Level.OK, about, host + ":" + port + " is free"));
        } catch (IOException e) {
            String refusal = ServeCommand.cannotListen(http, isManagement, Main.reason(e));
            if (e instanceof BindException && isNodeRunning()) {
                report.accept(new Finding(
                        Level.WARN, about, "a node runs with this MANAGEMENT_PORT. A second one cannot: " + refusal));
            } else {
                report.accept(new Finding(Level.FAIL, about, refusal));
            }
        }
    }

    /** True if the management port answers as that of a node. */
    private boolean isNodeRunning() {
        try {
            NodeUrl node = NodeUrl.ofManagement(http.managementHost(), Integer.toString(http.managementPort()));
            HttpURLConnection connection =
                    (HttpURLConnection) node.health().toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            connection.setInstanceFollowRedirects(false);
            try (InputStream body = connection.getInputStream()) {
                return new String(body.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).equals("ok");
            }
        } catch (IOException | TypeConversionException e) {
            return false;
        }
    }
}
