package dev.broadcaster;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.broadcaster.websocket.WebSocketConfig;
import java.lang.management.ManagementFactory;

/**
 * The capacity of this process.
 *
 * @param heapBytes the largest heap
 * @param descriptors the file descriptors that are free at the start; {@code Long.MAX_VALUE} if unknown
 */
public record Capacity(long heapBytes, long descriptors) {
    /** For other sockets of the node (Redis, the management port), and for connections that are closing. */
    private static final int SPARE_DESCRIPTORS = 96;

    private static final int MIN_CONNECTIONS = 16;
    private static final int MAX_CONNECTIONS = 1_000_000_000;

    /** A quarter of the heap is for connections: this many bytes each, more than the 2.5 kB of an idle one. */
    private static final int CONNECTION_BYTES = 4 * 1024;

    /**
     * The same with TLS: an idle one takes 4.6 kB, and a partly received record holds a buffer of 16 KiB outside of the
     * heap.
     */
    private static final int TLS_CONNECTION_BYTES = 24 * 1024;

    /** The current capacity of this process. */
    public static Capacity ofThisProcess() {
        long descriptors = Long.MAX_VALUE;
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
            descriptors = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount();
        }
        return new Capacity(Runtime.getRuntime().maxMemory(), descriptors);
    }

    /** A text for the log: the limits of connections, and their resources. */
    public String describe(WebSocketConfig config) {
        String limits = config.maxConnections() == 0
                ? "connections without a limit"
                : "at most " + config.maxConnections() + " connections, " + config.maxUnauthenticated()
                        + " of them before auth";
        String files = descriptors == Long.MAX_VALUE ? "" : ", " + descriptors + " free file descriptors";
        return limits + " (" + (heapBytes >> 20) + " MB of heap" + files + ")";
    }

    /** True if the descriptors do not suffice for the limit of connections. */
    public boolean isExceededBy(WebSocketConfig config) {
        return config.maxConnections() > descriptors - SPARE_DESCRIPTORS;
    }

    /**
     * The number of WebSocket connections that fit: by the heap, and by the descriptors, of which a fifth is for
     * connections that are not (yet) WebSockets.
     */
    int connections(boolean tls) {
        long byHeap = heapBytes / 4 / (tls ? TLS_CONNECTION_BYTES : CONNECTION_BYTES);
        long byDescriptors = (descriptors - SPARE_DESCRIPTORS) / 5 * 4;
        return (int) Math.max(MIN_CONNECTIONS, Math.min(MAX_CONNECTIONS, Math.min(byHeap, byDescriptors)));
    }
}
