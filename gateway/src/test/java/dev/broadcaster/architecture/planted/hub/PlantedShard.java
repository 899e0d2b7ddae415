package dev.broadcaster.architecture.planted.hub;

import com.fasterxml.jackson.core.JsonFactory;
import dev.broadcaster.architecture.planted.websocket.PlantedConnection;

/** Breaks three rules of the architecture on purpose; the test must find them. */
@SuppressWarnings("unused")
class PlantedShard {
    private final PlantedConnection upward = new PlantedConnection();
    private final JsonFactory foreign = new JsonFactory();
}
