package dev.broadcaster.cli;

import dev.broadcaster.protocol.JsonText;
import org.jspecify.annotations.Nullable;

/** The requests of a subscriber as JSON (PROTOCOL sections 3 and 10). A node ignores fields that it does not know. */
final class ClientRequests {
    private ClientRequests() {}

    /** Authenticates and requests the limits of the node. */
    static String auth(long id, String token) {
        return request(
                id,
                "auth",
                "\"token\":" + JsonText.quote(token) + ",\"hello\":{\"client\":"
                        + JsonText.quote("cli/" + Main.Version.current()) + "}");
    }

    /**
     * Subscribes.
     *
     * @param lastSeen the id after which to recover; null for none
     * @param position true to request the position at which the subscription goes live
     */
    static String subscribe(long id, String channel, @Nullable String lastSeen, boolean position) {
        return request(
                id,
                "subscribe",
                "\"channel\":" + JsonText.quote(channel)
                        + (lastSeen == null ? "" : ",\"lastSeenMessageId\":" + JsonText.quote(lastSeen))
                        + (position ? ",\"position\":true" : ""));
    }

    private static String request(long id, String method, String params) {
        return "{\"id\":" + id + ",\"method\":" + JsonText.quote(method) + ",\"params\":{" + params + "}}";
    }
}
