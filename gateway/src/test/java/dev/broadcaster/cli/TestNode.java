package dev.broadcaster.cli;

import dev.broadcaster.Gateway;
import dev.broadcaster.GatewayConfig;
import dev.broadcaster.InvalidConfigException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** A node inside the test, on free ports, with the development secrets. */
record TestNode(Gateway gateway) implements AutoCloseable {
    static TestNode start(Map<String, String> settings) throws InvalidConfigException {
        Map<String, String> all =
                new HashMap<>(Map.of("PORT", "0", "MANAGEMENT_PORT", "0", "IO_THREADS", "1", "ALLOWED_ORIGINS", "*"));
        all.putAll(settings);
        return new TestNode(Gateway.start(GatewayConfig.parse(DevMode.complete(all))));
    }

    String url() {
        return "http://127.0.0.1:" + gateway.port() + "/broadcaster";
    }

    URI websocket() {
        return URI.create("ws://127.0.0.1:" + gateway.port() + "/broadcaster/websocket");
    }

    @Override
    public void close() {
        gateway.close();
    }
}
