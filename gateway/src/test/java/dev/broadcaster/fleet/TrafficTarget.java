package dev.broadcaster.fleet;

/** The nodes that traffic goes to, as ports of 127.0.0.1. Any thread may ask. */
interface TrafficTarget {
    int size();

    /** Where this node is reached now. */
    int port(int number);

    /** The port of a node in service, {@code preferred} or one after it; waits for nothing. */
    int portInService(int preferred);

    /** What all nodes have said, for a failed test. */
    String log();
}
