package dev.broadcaster.architecture.planted.websocket;

/** The target of the planted violation. */
public final class PlantedConnection {}
