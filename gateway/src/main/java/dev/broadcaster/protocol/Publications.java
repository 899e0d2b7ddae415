package dev.broadcaster.protocol;

import dev.broadcaster.message.ChannelName;
import dev.broadcaster.message.Publication;
import org.jspecify.annotations.Nullable;

/** Checks the parameters of a publish, the same for REST and WebSocket. */
public final class Publications {
    private static final String CHANNEL =
            "channel: missing or malformed (expected: 1 to 200 characters of A-Z a-z 0-9 _ - :, no leading or double colon,"
                    + " last a letter, digit or _)";

    private Publications() {}

    /** What is wrong with {@code params} as a publish, or null if nothing is. */
    public static @Nullable String problem(Params params) {
        String channel = channelProblem(params.channel());
        if (channel != null) {
            return channel;
        }
        if (params.event() == null) {
            return "event: missing or malformed (expected: a string of 1 to 256 characters)";
        }
        if (params.payload() == null) {
            return "payload: missing (expected: any JSON value)";
        }
        return null;
    }

    /** What is wrong with {@code channel} as a channel's name, or null if nothing is. */
    public static @Nullable String channelProblem(@Nullable String channel) {
        return channel == null || !ChannelName.isValid(channel) ? CHANNEL : null;
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
