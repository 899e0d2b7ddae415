package dev.broadcaster.client;

/** The name of this client for a node. */
final class Version {
    /** A test compares it with the version of the module. */
    static final String CLIENT = "java/0.2.0";

    private Version() {}
}
