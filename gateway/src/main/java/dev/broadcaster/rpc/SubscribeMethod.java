package dev.broadcaster.rpc;

import dev.broadcaster.auth.Identity;
import dev.broadcaster.hub.Subscription;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.protocol.CloseCode;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Params;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.time.Time;
import java.util.Map;

/**
 * {@code subscribe}: the reply is a barrier, every message that the relay accepts after it is delivered. If the reply
 * confirms the recovery, so is every message after the last one that the client saw.
 */
final class SubscribeMethod implements Method {
    static final String NAME = "subscribe";

    private final RpcConfig config;
    private final PublishLimits limits;
    private final MessageIds ids;
    private final Time time;
    private final Timestamps timestamps;

    SubscribeMethod(RpcConfig config, PublishLimits limits, MessageIds ids, Time time, Timestamps timestamps) {
        this.config = config;
        this.limits = limits;
        this.ids = ids;
        this.time = time;
        this.timestamps = timestamps;
    }

    @Override
    public void call(Call call) {
        Session session = call.session();
        String channel = call.channelOrFail();
        if (channel == null) {
            return;
        }
        String problem = call.params().problem("lastSeenMessageId", "position", "last");
        if (problem != null) {
            call.fail(ErrorCode.INVALID_ARGUMENT, problem);
            return;
        }
        Identity identity = call.identityOrFail();
        if (identity == null) {
            return;
        }
        if (!identity.maySubscribe(channel)) {
            call.fail(ErrorCode.PERMISSION_DENIED, "the token does not allow to subscribe to this channel");
            return;
        }
        Map<String, Subscription> subscriptions = session.subscriptions();
        if (subscriptions.containsKey(channel)) {
            call.fail(ErrorCode.ALREADY_EXISTS, "already subscribed to this channel");
            return;
        }
        if (config.maxSubscriptions() > 0 && subscriptions.size() >= config.maxSubscriptions()) {
            call.fail(
                    ErrorCode.FAILED_PRECONDITION,
                    "subscriptions: " + subscriptions.size() + " (expected: < " + config.maxSubscriptions() + ")");
            return;
        }
        if (asksForPosition(call.params()) && !limits.takePosition(limits.user(identity.subject()), channel)) {
            call.fail(ErrorCode.FAILED_PRECONDITION, "too many new channels of this user");
            return;
        }
        if (!session.shard().hasRoom(channel, subscriptions.size())) {
            session.peer().close(CloseCode.AT_CAPACITY, "at capacity: too many subscriptions");
            return;
        }
        new Subscribing(call, channel, ids, time, timestamps).begin();
    }

    /** True if the request makes the relay create a missing counter. */
    private static boolean asksForPosition(Params params) {
        return params.position() || params.last() > 0 || params.lastSeenMessageId() != null;
    }

    @Override
    public boolean mayFollow(Call call, Call earlier) {
        Map<String, Subscription> subscriptions = call.session().subscriptions();
        return !subscriptions.containsKey(call.params().channel())
                && (config.maxSubscriptions() == 0 || subscriptions.size() < config.maxSubscriptions());
    }

    @Override
    public boolean replays(Call call) {
        return Subscribing.replay(call.params()) != null;
    }
}
