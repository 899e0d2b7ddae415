package dev.broadcaster.rpc;

import dev.broadcaster.message.Timestamps;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.time.Time;

/** {@code heartbeat}: returns the node's time; needs no authentication. */
final class HeartbeatMethod implements Method {
    static final String NAME = "heartbeat";

    private final Time time;
    private final Timestamps timestamps;

    HeartbeatMethod(Time time, Timestamps timestamps) {
        this.time = time;
        this.timestamps = timestamps;
    }

    @Override
    public void call(Call call) {
        call.succeed(Responses.timestamp(timestamps.format(time.epochMillis())));
    }

    @Override
    public boolean mayFollowAny() {
        return true;
    }
}
