package dev.broadcaster.load;

import java.time.Duration;
import java.util.Locale;

/**
 * The size of a simulation. Each value is an environment variable, else the simulation's own default, else, in a smoke
 * test, a small one: a smoke test shows that the simulation works, in five seconds.
 */
record Scale(int users, double rate, int channels, int payloadBytes, Duration ramp, Duration duration, Duration p99) {
    /** Set by the profile {@code smoke}. */
    static final boolean SMOKE = Boolean.getBoolean("broadcaster.load.smoke");

    /** The size of a smoke test of any simulation. Its latencies mean nothing: node and client have just started. */
    private static final Scale SMALL =
            new Scale(20, 20, 10, 200, Duration.ofSeconds(1), Duration.ofSeconds(4), Duration.ofSeconds(10));

    /** The defaults, overridden by the environment. */
    static Scale of(int users, double rate, int channels, Duration duration) {
        Scale full = new Scale(users, rate, channels, 200, Duration.ofSeconds(10), duration, Duration.ofMillis(250));
        Scale scale = SMOKE ? SMALL : full;
        return new Scale(
                (int) number("USERS", scale.users),
                number("RATE", scale.rate),
                (int) number("CHANNELS", scale.channels),
                (int) number("PAYLOAD_BYTES", scale.payloadBytes),
                seconds("RAMP_SECONDS", scale.ramp),
                seconds("DURATION_SECONDS", scale.duration),
                Duration.ofMillis((long) number("P99_MILLIS", (double) scale.p99.toMillis())));
    }

    Scale withPayloadBytes(int fallback) {
        return new Scale(users, rate, channels, (int) number("PAYLOAD_BYTES", fallback), ramp, duration, p99);
    }

    /** A number that only one simulation uses. */
    static double number(String name, double fallback) {
        String text = System.getenv(name);
        if (text == null || text.isBlank()) {
            return fallback;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + text + " (expected: a number)", e);
        }
    }

    private static Duration seconds(String name, Duration fallback) {
        return Duration.ofMillis((long) (number(name, fallback.toMillis() / 1000.0) * 1000));
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%d users, %.1f/s, %d channels, payloads of %d bytes, ramp %s, duration %s, p99 <= %s",
                users,
                rate,
                channels,
                payloadBytes,
                ramp,
                duration,
                p99);
    }
}
