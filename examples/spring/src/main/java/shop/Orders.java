package shop;

import dev.broadcaster.client.Json;
import dev.broadcaster.client.PublishResult;
import dev.broadcaster.client.RestClient;
import java.util.concurrent.CompletableFuture;
import org.springframework.stereotype.Service;
import tools.jackson.databind.ObjectMapper;

/** Publishes. Each future ends: the message was accepted, or the error tells whether it may have been. */
@Service
class Orders {
    record Order(String user, String item) {}

    private final RestClient broadcaster;
    private final ObjectMapper jackson;

    Orders(RestClient broadcaster, ObjectMapper jackson) {
        this.broadcaster = broadcaster;
        this.jackson = jackson;
    }

    CompletableFuture<PublishResult> publish(String channel, String event, Order order) {
        return broadcaster.publish(channel, event, Json.of(jackson.writeValueAsString(order)));
    }
}
