package dev.broadcaster.redis;

import dev.broadcaster.auth.Revocations;
import dev.broadcaster.budget.MemoryBudget;
import dev.broadcaster.budget.Purpose;
import dev.broadcaster.fleet.RedisServer;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.redis.link.RedisUrl;
import dev.broadcaster.relay.HistoryConfig;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import dev.broadcaster.time.TimingWheel;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/** Relays like those of a node, with running clocks and separate names, so that tests can share a server. */
final class RelayOfRedis implements AutoCloseable {
    private final TimingWheel wheel = new TimingWheel(Time.SYSTEM);
    private final Metrics metrics = new Metrics();
    private final String prefix;
    private final HistoryConfig history;

    RelayOfRedis(String prefix, HistoryConfig history) {
        this.prefix = prefix;
        this.history = history;
        wheel.start();
    }

    Relay at(String url) {
        return at(url, Time.SYSTEM);
    }

    /** With another clock. */
    Relay at(String url, Time time) {
        RedisUrl parsed = RedisUrl.parse(url);
        if (parsed == null) {
            throw new AssertionError(url);
        }
        return new RedisRelay(
                new RedisConfig(parsed, prefix),
                history,
                time,
                wheel,
                new MessageIds(Time.SYSTEM, new SplittableRandom().nextLong()),
                new Timestamps(),
                new SplittableRandom(),
                metrics,
                new MemoryBudget(1L << 40, metrics).account(Purpose.PUBLISHES),
                new MemoryBudget(1L << 40, metrics).account(Purpose.SUBSCRIPTIONS),
                new MemoryBudget(1L << 40, metrics).account(Purpose.HISTORY),
                Runnable::run);
    }

    /** A fleet over a relay of this object, which is not started. */
    RedisFleet fleet(RedisRelay relay, Revocations revocations) {
        MessageIds ids = new MessageIds(Time.SYSTEM, new SplittableRandom().nextLong());
        return new RedisFleet(relay, revocations, ids, wheel, Runnable::run, metrics.control());
    }

    /** The meters of the relays and their users. */
    Metrics metrics() {
        return metrics;
    }

    /** Advances the clocks of the servers. */
    static void letTimePass(Duration age) {
        long until = System.nanoTime() + age.toNanos();
        for (long left = age.toNanos(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Makes the idempotency keys of {@code servers} look older. */
    void letKeysAge(List<RedisServer> servers, Duration age) {
        for (RedisServer server : servers) {
            List<?> keys = (List<?>) server.command("KEYS", prefix + ":*:k:*");
            if (keys == null) {
                throw new AssertionError("KEYS");
            }
            for (Object key : keys) {
                Object left = server.command("PTTL", key.toString());
                long millis = Long.parseLong(String.valueOf(left)) - age.toMillis();
                server.command("PEXPIRE", key.toString(), Long.toString(millis)); // gone at once if that is negative
            }
        }
    }

    @Override
    public void close() {
        wheel.close();
        metrics.close();
    }
}
