package dev.broadcaster.bench;

/**
 * The results of one run.
 *
 * @param cpuMicros CPU of the server, per delivery, or per publish without subscribers
 * @param perSecond deliveries, or publishes, per second
 * @param p50Millis from the due time of a message to a delivery, or to its acknowledgement
 * @param p99Millis likewise
 * @param bytes that the server wrote, per delivery
 */
record Sample(double cpuMicros, double perSecond, double p50Millis, double p99Millis, double bytes) {}
