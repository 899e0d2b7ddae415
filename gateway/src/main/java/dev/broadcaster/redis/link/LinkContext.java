package dev.broadcaster.redis.link;

import dev.broadcaster.metrics.RelayMetrics;
import dev.broadcaster.redis.wire.KeyNames;
import dev.broadcaster.time.Time;
import io.netty.util.concurrent.EventExecutor;
import java.util.random.RandomGenerator;

/** The objects that all links of a node share. */
record LinkContext(
        EventExecutor executor,
        KeyNames names,
        boolean sharded,
        HistoryCommands histories,
        Loop loop,
        Time time,
        RandomGenerator random,
        RelayMetrics metrics) {}
