package dev.broadcaster.fleet;

/** The nodes of the traffic, as ports of 127.0.0.1. Safe from any thread. */
interface TrafficTarget {
    int size();

    /** The current port of this node. */
    int port(int number);

    /** The port of a node in service, {@code preferred} or a later one; does not wait. */
    int portInService(int preferred);

    /** The output of all nodes, for a failed test. */
    String log();
}
