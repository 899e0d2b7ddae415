package dev.broadcaster.rpc;

import dev.broadcaster.auth.TokenVerifier;
import dev.broadcaster.message.MessageIds;
import dev.broadcaster.message.Timestamps;
import dev.broadcaster.metrics.Metrics;
import dev.broadcaster.protocol.ErrorCode;
import dev.broadcaster.protocol.Request;
import dev.broadcaster.relay.PublishLimits;
import dev.broadcaster.relay.Relay;
import dev.broadcaster.time.Time;
import java.util.Map;

/** Passes a request to its method. One per node; called on the session's thread. */
public final class Dispatcher {
    private static final Method UNKNOWN = new Method() {
        @Override
        public void call(Call call) {
            call.fail(ErrorCode.NOT_FOUND, "no such method");
        }

        @Override
        public boolean mayFollowAny() {
            return true;
        }
    };

    private final Metrics metrics;
    private final Map<String, Method> methods;

    public Dispatcher(
            RpcConfig config,
            TokenVerifier verifier,
            PublishLimits limits,
            Relay relay,
            MessageIds ids,
            Time time,
            Timestamps timestamps,
            Metrics metrics) {
        this.metrics = metrics;
        for (ErrorCode code : ErrorCode.values()) {
            metrics.expectError(code.wireName());
        }
        this.methods = Map.of(
                AuthMethod.NAME, new AuthMethod(config, verifier, ids, time, metrics),
                RefreshMethod.NAME, new RefreshMethod(verifier, time, timestamps),
                SubscribeMethod.NAME, new SubscribeMethod(config, limits, ids, time, timestamps),
                UnsubscribeMethod.NAME, new UnsubscribeMethod(),
                PublishMethod.NAME, new PublishMethod(limits, relay, time, metrics),
                HeartbeatMethod.NAME, new HeartbeatMethod(time, timestamps));
    }

    /** Takes the next request of {@code session} and handles it now or in its turn. */
    public void dispatch(Session session, Request request) {
        Method method = methods.getOrDefault(request.method(), UNKNOWN);
        session.take(new Call(session, method, request, metrics));
    }
}
