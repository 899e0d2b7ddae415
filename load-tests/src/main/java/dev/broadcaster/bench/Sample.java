package dev.broadcaster.bench;

/**
 * What one run measured.
 *
 * @param cpuMicros CPU of the server, a delivery, or a publish where nobody subscribes
 * @param perSecond deliveries, or publishes, a second
 * @param p50Millis from when a message was due to a delivery, or to its acknowledgement
 * @param p99Millis likewise
 * @param bytes that the server wrote, a delivery
 */
record Sample(double cpuMicros, double perSecond, double p50Millis, double p99Millis, double bytes) {}
