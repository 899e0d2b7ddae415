package dev.broadcaster.fleet;

import java.io.IOException;
import java.net.Socket;

/** The nodes of the traffic, as ports of 127.0.0.1. Safe from any thread. */
interface TrafficTarget {
    int size();

    /** The current port of this node. */
    int port(int number);

    /** The port of a node in service, {@code preferred} or a later one; does not wait. */
    int portInService(int preferred);

    /** Prepares a connection to one of the ports, for example for TLS; {@code connected} is connected. */
    default Socket over(Socket connected) throws IOException {
        return connected;
    }

    /** The output of all nodes, for a failed test. */
    String log();
}
