package dev.broadcaster.client;

/** The name by which a node knows this client. */
final class Version {
    /** A test holds it to the version of the module. */
    static final String CLIENT = "java/0.1.0";

    private Version() {}
}
