package dev.broadcaster.client;

/** A message to publish. */
public record Draft(String channel, String event, Json payload) {
    String json() {
        return "{\"channel\":" + Json.quote(channel) + ",\"event\":" + Json.quote(event) + ",\"payload\":"
                + payload.text() + "}";
    }
}
