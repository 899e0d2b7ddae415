package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Publications;
import dev.broadcaster.protocol.Responses;
import dev.broadcaster.relay.PublishOutcome;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;

/** {@code publish}: answered when the relay has answered, before the publisher's own copy. */
final class PublishMethod implements Method {
    static final String NAME = "publish";

    private final Relay relay;
    private final Time time;
    private final Metrics metrics;

    PublishMethod(Relay relay, Time time, Metrics metrics) {
        this.relay = relay;
        this.time = time;
        this.metrics = metrics;
    }

    @Override
    public void call(Call call) {
        String problem = Publications.problem(call.params());
        String channel = call.params().channel();
        if (channel == null || problem != null) {
            call.fail(ErrorCode.INVALID_ARGUMENT, problem == null ? "channel: missing" : problem);
            return;
        }
        Identity identity = call.identityOrFail();
        if (identity == null) {
            return;
        }
        if (!identity.mayPublish(channel)) {
            call.fail(ErrorCode.PERMISSION_DENIED, "the token does not allow to publish to this channel");
            return;
        }
        long started = time.nanos();
        relay.publish(
                Publications.from(call.params(), null),
                outcome -> call.session().shard().execute(() -> answer(call, outcome, started)));
    }

    @Override
    public boolean mayFollow(Call call, Call earlier) {
        String channel = call.params().channel();
        return channel != null && channel.equals(earlier.params().channel());
    }

    private void answer(Call call, PublishOutcome outcome, long started) {
        if (outcome instanceof PublishOutcome.Accepted accepted) {
            metrics.recordWebSocketPublish(time.nanos() - started);
            call.succeed(Responses.published(accepted.id(), accepted.createTime()));
        } else if (outcome instanceof PublishOutcome.NotPublished refused) {
            call.fail(ErrorCode.INTERNAL, refused.reason());
        } else if (outcome instanceof PublishOutcome.Unknown unknown) {
            call.fail(ErrorCode.INTERNAL, unknown.reason());
        } else {
            throw new IllegalStateException("a publish without a key has no " + outcome);
        }
    }
}
