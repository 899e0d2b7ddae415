package dev.broadcaster.architecture.planted.websocket;

/** What the planted violation reaches up to. */
public final class PlantedConnection {}
