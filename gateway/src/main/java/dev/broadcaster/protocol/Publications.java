package dev.broadcaster.protocol;

import dev.broadcaster.message.ChannelName;
import dev.broadcaster.message.Publication;
import org.jspecify.annotations.Nullable;

/** Checks the parameters of a publish, for REST and WebSocket. */
public final class Publications {
    private static final int MAX_IDEMPOTENCY_KEY_LENGTH = 128;

    private Publications() {}

    /** The fault of {@code params} as a publish, or null. */
    public static @Nullable String problem(Params params) {
        String channel = channelProblem(params);
        if (channel != null) {
            return channel;
        }
        if (params.event() == null) {
            return params.whyAbsent("event");
        }
        if (params.payload() == null) {
            return params.whyAbsent("payload");
        }
        return null;
    }

    /** The fault of the channel in {@code params}, or null. */
    public static @Nullable String channelProblem(Params params) {
        String channel = params.channel();
        if (channel == null) {
            return params.whyAbsent("channel");
        }
        return ChannelName.isValid(channel)
                ? null
                : "channel: malformed (expected: 1 to 200 characters of A-Z a-z 0-9 _ - :, no leading or double colon,"
                        + " last a letter, digit or _)";
    }

    /** True if {@code key} is a valid idempotency key (PROTOCOL sections 6 and 10). */
    public static boolean isIdempotencyKey(String key) {
        return !key.isEmpty()
                && key.length() <= MAX_IDEMPOTENCY_KEY_LENGTH
                && key.chars().allMatch(c -> c >= 0x20 && c <= 0x7e);
    }

    /** The publication in {@code params}, for which {@link #problem} is null. */
    public static Publication from(Params params, @Nullable String idempotencyKey) {
        String channel = params.channel();
        byte[] event = params.event();
        byte[] payload = params.payload();
        if (channel == null || event == null || payload == null) {
            throw new IllegalArgumentException("not a publication");
        }
        return new Publication(channel, event, payload, idempotencyKey);
    }
}
